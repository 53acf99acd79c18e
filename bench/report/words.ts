export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Adds a full stop if one is missing. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

/** Joins the non-empty sentences. */
export function paragraph(sentences: readonly string[]): string {
  return sentences.filter((text) => text !== '').join(' ');
}

/** The reason for a rate, without repeating the rate itself. */
export function rateReason(reason: string): string {
  return sentence(capital(reason.replace(/^[\d,.]+ messages a second: /, '')));
}

/** How often each of these words occurs, in the order in which they first do: `11 valid, 1 suspect`. */
export function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}
