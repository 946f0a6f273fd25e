/** EX_TEMPFAIL of sysexits.h: another process uses the data directory; try again when it has ended. */
export const EXIT_LOCKED = 75
