/** The superuser of the platform's Postgres, who owns all of it; our services know it by the same name. */
export const databaseOwner = 'av_telemetry'
