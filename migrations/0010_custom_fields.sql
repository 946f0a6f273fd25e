CREATE TABLE "custom_fields" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"options" jsonb,
	"minimum" double precision,
	"maximum" double precision,
	"min_length" integer,
	"max_length" integer,
	"visibility" text NOT NULL,
	"editing" text NOT NULL,
	"types" text[],
	"position" integer NOT NULL,
	"required" boolean NOT NULL,
	"default_value" jsonb,
	"retired" boolean NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "tickets_fields" ON "tickets" USING gin ("fields" jsonb_path_ops) WHERE fields <> '{}';