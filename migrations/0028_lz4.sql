-- Written by hand. Long texts and raw mails are compressed with LZ4 where the server has it: that takes it a quarter of the time, for a sixth more room. What is there already stays as it is.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    ALTER TABLE messages
      ALTER COLUMN body_text SET COMPRESSION lz4,
      ALTER COLUMN body_html SET COMPRESSION lz4,
      ALTER COLUMN visible_text SET COMPRESSION lz4,
      ALTER COLUMN quoted_text SET COMPRESSION lz4;
    ALTER TABLE blob_chunks ALTER COLUMN bytes SET COMPRESSION lz4;
  END IF;
END $$;
