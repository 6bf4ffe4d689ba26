import { ApiError, openSession } from '../api.ts'
import { h, setText } from './dom.ts'

/** Asks for the token until the platform takes one. */
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
    h('h2', { id: 'token-title' }, 'This fleet is private'),
    h('label', { for: 'token' }, 'Token'),
    field,
    errorText,
    h('button', { class: 'button', type: 'submit' }, 'Open'),
  )
  const dialog = h('dialog', { class: 'card token', 'aria-labelledby': 'token-title' }, form)
  // Closing it would leave a page with nothing in it.
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
          setText(errorText, isWrong ? 'That is not the token.' : (error as Error).message)
          field.select()
        },
      )
    })
  })
}
