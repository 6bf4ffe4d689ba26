-- A device does not always know its speed. Applies to all days; no row is read or written.
ALTER TABLE "{{table}}" ALTER COLUMN speed DROP NOT NULL;
