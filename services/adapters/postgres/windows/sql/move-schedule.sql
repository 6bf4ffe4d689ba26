UPDATE schedule SET made_until = $2, late_before = $3, late_rule_until = $4 WHERE pipeline = $1
