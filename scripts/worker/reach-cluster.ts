/** Kafka and Postgres of a platform on Kubernetes have no address outside of the cluster. */
export const noWorkersOutside =
  'The platform runs on Kubernetes, and its workers run there too. For more workers set worker.instances, and run scripts/launch-infra.sh --target kubernetes.'
