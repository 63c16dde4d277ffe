/** Answers that serve all who ask for some time. A failure serves nobody else. */
export class Kept {
  readonly #answers = new Map<string, { readonly until: number; readonly answer: Promise<unknown> }>();

  /** @param age ms; the answer is never cut short by one of those who wait for it */
  of<T>(what: string, age: number, ask: () => Promise<T>): Promise<T> {
    const old = this.#answers.get(what);
    if (old && old.until > Date.now()) return old.answer as Promise<T>;
    const answer = ask();
    this.#answers.set(what, { until: Date.now() + age, answer });
    answer.catch(() => {
      if (this.#answers.get(what)?.answer === answer) this.#answers.delete(what);
    });
    return answer;
  }

  forget(what: string): void {
    this.#answers.delete(what);
  }
}
