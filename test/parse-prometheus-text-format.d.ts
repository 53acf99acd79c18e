/** A parser of the Prometheus text format, of which OpenMetrics is the successor; the package brings no types. */
declare module 'parse-prometheus-text-format' {
  interface Metric {
    value?: string;
    labels?: Record<string, string>;
  }
  interface Family {
    name: string;
    type: string;
    metrics: Metric[];
  }
  export default function parse(text: string): Family[];
}
