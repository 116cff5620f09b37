/** The embedded PostgreSQL cannot be had as asked. The message is for people and says what to do. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}
