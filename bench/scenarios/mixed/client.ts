/** The WebSockets of this scenario are those of a steady echo. The HTTP requests come from another process. */
export { makeClient } from '../echo/client.ts';
