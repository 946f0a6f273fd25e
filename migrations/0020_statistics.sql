CREATE INDEX "events_reopened" ON "events" USING btree ("at") WHERE type = 'ticket.changed' and changes #>> '{solvedAt,from}' is not null and changes #>> '{solvedAt,to}' is null;--> statement-breakpoint
CREATE INDEX "tickets_created" ON "tickets" USING brin ("created_at");--> statement-breakpoint
CREATE INDEX "tickets_solved" ON "tickets" USING btree ("solved_at") WHERE solved_at is not null;--> statement-breakpoint
CREATE INDEX "tickets_first_replied" ON "tickets" USING btree ("first_replied_at") WHERE first_replied_at is not null;