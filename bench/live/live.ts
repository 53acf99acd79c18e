import type { BenchEvent, Listener } from '../model/event.ts';
import type { Result, ResultHead } from '../model/result.ts';
import { reportHtml } from '../report/html.ts';
import { advanced, begun } from '../report/progress/state.ts';
import { courseAfter, NO_COURSE } from './course.ts';
import { livePage, PAGE_POLICY, stateMarkup } from './page.ts';
import { type Message, serveSite } from './server.ts';

/** A live report that browsers on this machine can watch during the runs. */
export interface LiveReport {
  url: string;
  /**
   * Redraws the report between runs. The experiment waits meanwhile, so that redrawing does not affect
   * measurements.
   */
  listen: Listener;
  /**
   * Sends the complete report to all open pages and waits until they have loaded it, or until `urgent` is
   * aborted. Then stops serving.
   */
  end(result: Result, urgent: AbortSignal): Promise<void>;
}

/**
 * Time limit for disconnecting, in ms. A client that is still connected after this is not one of our pages.
 */
const PATIENCE_MS = 10_000;
/** Maximum share of the total time that is spent on drawing, which takes place between runs. */
const DRAWING_SHARE = 0.05;
/**
 * Content-Security-Policy of the report, in addition to the report's own policy: only pages of this server
 * may embed the report.
 */
const REPORT_POLICY = "frame-ancestors 'self'";

/**
 * Serves the report of a result while runs are still being added to it.
 *
 * @param port null for any free port
 * @param elapsedMs returns the time on a monotonic clock
 * @throws Problem if the port is not available
 */
export async function serveLive(
  head: ResultHead,
  port: number | null,
  elapsedMs: () => number,
): Promise<LiveReport> {
  const startedMs = elapsedMs();
  let progress = begun(startedMs);
  let course = NO_COURSE;
  let soFar: Result = { ...head, endedAt: null, conclusions: [], runs: [] };
  let drawn = { version: 0, html: '', tookMs: 0 };
  let isOver = false;

  const state = (): Message => ({
    event: 'state',
    data: JSON.stringify(stateMarkup(progress, course, elapsedMs())),
  });
  const report = (): Message => ({ event: 'report', data: String(drawn.version) });
  const end: Message = { event: 'end', data: '' };

  const server = await serveSite(
    {
      contentOf(path) {
        if (path === '/') return { body: livePage(head.id), policy: PAGE_POLICY };
        if (path !== '/report' || drawn.version === 0) return null;
        return { body: drawn.html, policy: REPORT_POLICY };
      },
      greeting: () => [state(), ...(drawn.version > 0 ? [report()] : []), ...(isOver ? [end] : [])],
    },
    port,
  );

  function draw(): void {
    const beganMs = elapsedMs();
    const html = reportHtml(soFar, !isOver);
    const tookMs = drawn.tookMs + (elapsedMs() - beganMs);
    drawn = { version: drawn.version + 1, html, tookMs };
    server.broadcast(report());
  }

  /**
   * Reports whether the report may be redrawn now. In a comparison with many rounds, it is not redrawn after
   * each of them.
   */
  function mayDraw(): boolean {
    return soFar.runs.length > 0 && drawn.tookMs <= (elapsedMs() - startedMs) * DRAWING_SHARE;
  }

  return {
    url: server.url,
    listen(event: BenchEvent) {
      progress = advanced(progress, event, elapsedMs());
      course = courseAfter(course, event);
      if (event.type === 'run-ended') soFar = { ...soFar, runs: [...soFar.runs, event.run] };
      if (event.type === 'concluded') {
        soFar = { ...soFar, conclusions: event.conclusions };
        if (mayDraw()) draw();
      }
      if (server.listeners() > 0) server.broadcast(state());
    },
    async end(result, urgent) {
      soFar = result;
      isOver = true;
      if (server.listeners() > 0 && result.runs.length > 0) draw();
      server.broadcast(end);
      await server.close(AbortSignal.any([urgent, AbortSignal.timeout(PATIENCE_MS)]));
    },
  };
}
