CREATE TABLE "ticket_reads" (
	"person_id" text COLLATE "C" NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"read_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "ticket_reads_person_id_ticket_id_pk" PRIMARY KEY("person_id","ticket_id")
);
