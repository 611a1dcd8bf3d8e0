-- The same in the cluster's database, as schema 2 brought it.
INSERT INTO public.zerok_contents (group_key, hash, generation, size, stored, touched_ms) VALUES ('00112233-4455-6677-8899-aabbccddeeff', '\x0101010101010101010101010101010101010101010101010101010101010101', 7, 20000, true, 1000);
INSERT INTO public.zerok_contents (group_key, hash, generation, size, stored, touched_ms) VALUES ('00112233-4455-6677-8899-aabbccddeeff', '\x0202020202020202020202020202020202020202020202020202020202020202', 8, 30000, false, 2000);
INSERT INTO public.zerok_content_references (group_key, hash, device) VALUES ('00112233-4455-6677-8899-aabbccddeeff', '\x0101010101010101010101010101010101010101010101010101010101010101', '\x0909090909090909090909090909090909090909090909090909090909090909');
INSERT INTO public.zerok_contents_dropped (group_key, hash, generation) VALUES ('00112233-4455-6677-8899-aabbccddeeff', '\x0303030303030303030303030303030303030303030303030303030303030303', 9);
