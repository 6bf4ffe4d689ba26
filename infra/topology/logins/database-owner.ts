/** The superuser of the platform's Postgres. It owns the database; our services use the same name. */
export const databaseOwner = 'av_telemetry'
