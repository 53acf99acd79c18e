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
