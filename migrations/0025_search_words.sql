-- Written by hand. Words are parted by the service now and no longer by to_tsvector: a worker makes the texts anew. Until it has, older messages are found by their former words.
INSERT INTO "search_pending" ("message_id") SELECT "message_id" FROM "search_texts";
