/** What a view is: an element, which is told when it is in the page and what stands in the address behind its name. */
export interface View {
  readonly element: HTMLElement;
  mount(): void;
  set(address: string): void;
}
