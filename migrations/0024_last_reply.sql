ALTER TABLE "tickets" ADD COLUMN "last_reply_at" timestamp(3) with time zone;--> statement-breakpoint
UPDATE "tickets" t SET "last_reply_at" = m.at FROM (
  SELECT m.ticket_id, max(m.created_at) AS at FROM "messages" m JOIN "tickets" o ON o.id = m.ticket_id JOIN "people" p ON p.id = m.author_id
  WHERE m.visibility = 'public' AND NOT m.held AND p.acts_as <> 'requester' AND p.id <> o.requester_id GROUP BY m.ticket_id) AS m WHERE m.ticket_id = t.id;
