-- Written by hand. Whatever changes what a search should find leaves a row in search_pending; a worker makes the text.
-- A new message leaves its own (writeMessage): a trigger on it would cost every reply a tenth.
-- a message is freed, or moves to another ticket
CREATE FUNCTION "search_message_moved"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_pending (message_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "messages_to_search_again" AFTER UPDATE OF "held", "visibility", "ticket_id", "visible_text" ON "messages"
  FOR EACH ROW EXECUTE FUNCTION search_message_moved();
--> statement-breakpoint
CREATE FUNCTION "search_message_gone"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM search_texts WHERE message_id = OLD.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "messages_out_of_search" AFTER DELETE ON "messages"
  FOR EACH ROW EXECUTE FUNCTION search_message_gone();
--> statement-breakpoint
CREATE FUNCTION "search_ticket_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_pending (message_id) SELECT id FROM messages WHERE ticket_id = NEW.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- OF: an update that does not name these columns costs nothing
CREATE TRIGGER "tickets_to_search" AFTER UPDATE OF "subject", "requester_id" ON "tickets"
  FOR EACH ROW WHEN (OLD.subject IS DISTINCT FROM NEW.subject OR OLD.requester_id IS DISTINCT FROM NEW.requester_id)
  EXECUTE FUNCTION search_ticket_changed();
--> statement-breakpoint
CREATE FUNCTION "search_person_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_pending (message_id) SELECT m.id FROM tickets t JOIN messages m ON m.ticket_id = t.id WHERE t.requester_id = NEW.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "people_to_search" AFTER UPDATE OF "name", "email" ON "people"
  FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.email IS DISTINCT FROM NEW.email)
  EXECUTE FUNCTION search_person_changed();
--> statement-breakpoint
-- what was there before this version
INSERT INTO "search_pending" ("message_id") SELECT "id" FROM "messages";
