/** Small line icons, drawn for this page. */
const paths = {
  hash: 'M6 2 4.5 14M11.5 2 10 14M2.5 5.5h11.5M2 10.5h11.5',
  send: 'M2.5 8 14 2.5 10.5 14 8 9z M8 9l6-6.5',
  eye: 'M1.5 8s2.4-4.5 6.5-4.5S14.5 8 14.5 8 12.1 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  moon: 'M13.5 9.8A5.8 5.8 0 0 1 6.2 2.5a5.8 5.8 0 1 0 7.3 7.3z',
  desktop: 'M1.5 3h13v8h-13zM5.5 14h5M8 11v3',
  phone: 'M4.5 1.5h7v13h-7zM7 12.5h2',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'M3 8.5 6.5 12 13 4.5',
  warning: 'M8 2 15 14H1zM8 6.5v3.5M8 12v.2',
  chevron: 'M4 6l4 4 4-4',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  home: 'M2 7.5 8 2.5l6 5V14H9.5v-4h-3v4H2z',
  info: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 7.2v4M8 4.8v.2',
  plus: 'M8 3v10M3 8h10',
  pin: 'M6 2h5l-.6 4.5L13 9H3.5L6 6.5zM8.2 9v5',
  bolt: 'M9 1.5 3 9h4l-1 5.5L13 7H8.5z',
} as const;

export function Icon({ name, size = 16 }: { readonly name: keyof typeof paths; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
