import { ApiError, openSession } from '../api.ts'
import { h, setText } from './dom.ts'

/** Asks the user for the token until the platform accepts it. */
export function askForToken(): Promise<void> {
  const field = h('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  })
  const errorText = h('p', { class: 'fault', role: 'alert' })
  const form = h(
    'form',
    {},
    h('h2', { id: 'token-title' }, 'Sign in'),
    h('label', { for: 'token' }, 'Token'),
    field,
    errorText,
    h('button', { class: 'button', type: 'submit' }, 'Sign in'),
  )
  const dialog = h('dialog', { class: 'card token', 'aria-labelledby': 'token-title' }, form)
  // Closing the dialog would leave an empty page.
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault()
  })
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      openSession(field.value).then(
        () => {
          dialog.remove()
          resolve()
        },
        (error: unknown) => {
          const isWrong = error instanceof ApiError && error.status === 401
          setText(errorText, isWrong ? 'The token is wrong.' : (error as Error).message)
          field.select()
        },
      )
    })
  })
}
