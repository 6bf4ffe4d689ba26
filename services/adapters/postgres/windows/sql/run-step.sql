SELECT public.run_step($1, $2, $3)
