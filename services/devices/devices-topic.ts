/** The compacted topic with the devices of a platform. @param topic of the readings */
export function devicesTopicOf(topic: string): string {
  return `${topic}.devices`
}
