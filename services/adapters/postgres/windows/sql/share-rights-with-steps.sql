SELECT public.share_rights_with_steps()
