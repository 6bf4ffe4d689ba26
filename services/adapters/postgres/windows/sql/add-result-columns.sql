ALTER TABLE {{relation}} {{additions}}
