/** Types for a parser of the Prometheus text format, the predecessor of OpenMetrics. The package has none. */
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
