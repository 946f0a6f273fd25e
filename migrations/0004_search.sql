CREATE TABLE "search_pending" (
	"message_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "search_texts" (
	"message_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"public" boolean NOT NULL,
	"words" "tsvector" NOT NULL
);
--> statement-breakpoint
CREATE INDEX "search_texts_words" ON "search_texts" USING gin ("words") WITH (gin_pending_list_limit=1024);--> statement-breakpoint
CREATE INDEX "search_texts_ticket" ON "search_texts" USING btree ("ticket_id");--> statement-breakpoint
CREATE INDEX "people_email" ON "people" USING btree ("email");