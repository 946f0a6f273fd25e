CREATE TABLE "rule_simulation_tickets" (
	"simulation_id" text COLLATE "C" NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"past" jsonb NOT NULL,
	CONSTRAINT "rule_simulation_tickets_simulation_id_ticket_id_pk" PRIMARY KEY("simulation_id","ticket_id")
);
--> statement-breakpoint
CREATE TABLE "rule_simulations" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"rule_key" text COLLATE "C" NOT NULL,
	"revision" integer,
	"rule" jsonb NOT NULL,
	"from" timestamp(3) with time zone NOT NULL,
	"to" timestamp(3) with time zone NOT NULL,
	"events_max" integer NOT NULL,
	"state" text NOT NULL,
	"progress" jsonb NOT NULL,
	"counts" jsonb NOT NULL,
	"samples" jsonb NOT NULL,
	"misses" jsonb NOT NULL,
	"detail" text,
	"created_by_id" text COLLATE "C",
	"created_at" timestamp(3) with time zone NOT NULL,
	"started_at" timestamp(3) with time zone,
	"finished_at" timestamp(3) with time zone,
	"step" integer NOT NULL,
	"cursor" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "outbound_mails" ADD COLUMN "body_text" text;--> statement-breakpoint
ALTER TABLE "outbound_mails" ADD COLUMN "body_html" text;--> statement-breakpoint
ALTER TABLE "rule_simulation_tickets" ADD CONSTRAINT "rule_simulation_tickets_simulation_id_rule_simulations_id_fk" FOREIGN KEY ("simulation_id") REFERENCES "public"."rule_simulations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "rule_simulations_rule" ON "rule_simulations" USING btree ("rule_key","id");