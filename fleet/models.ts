import { elementAt } from './element-at.ts'

export type VehicleModel = {
  readonly make: string
  readonly model: string
  /** World manufacturer identifier: the first three characters of its VINs (ISO 3780). */
  readonly wmi: string
  /** Bumper to bumper, in metres. */
  readonly length: number
}

const models: readonly VehicleModel[] = [
  { make: 'Toyota', model: 'RAV4', wmi: 'JTM', length: 4.6 },
  { make: 'Tesla', model: 'Model 3', wmi: '5YJ', length: 4.7 },
  { make: 'Ford', model: 'F-150', wmi: '1FT', length: 5.9 },
  { make: 'Honda', model: 'Civic', wmi: '2HG', length: 4.7 },
  { make: 'Volkswagen', model: 'Golf', wmi: 'WVW', length: 4.3 },
  { make: 'BMW', model: '3 Series', wmi: 'WBA', length: 4.7 },
  { make: 'Hyundai', model: 'Tucson', wmi: 'KM8', length: 4.6 },
  { make: 'Kia', model: 'Sportage', wmi: 'KND', length: 4.7 },
  { make: 'Nissan', model: 'Leaf', wmi: '1N4', length: 4.5 },
  { make: 'Chevrolet', model: 'Bolt EV', wmi: '1G1', length: 4.1 },
  { make: 'Volvo', model: 'XC60', wmi: 'YV4', length: 4.7 },
  { make: 'Subaru', model: 'Outback', wmi: '4S4', length: 4.9 },
]

/** The model of the vehicle with this index. The models repeat in order. */
export function modelOf(index: number): VehicleModel {
  return elementAt(models, index % models.length)
}
