import { useEffect } from 'react';
import { Blocks } from './blocks.tsx';
import { ConfirmDialog } from './dialogs.tsx';
import { InputField } from './fields.tsx';
import { type JsonObject, objectsIn, textIn } from './json.ts';
import { useViewFields } from './modal.tsx';
import { act } from './server.ts';
import { useSession } from './session.ts';

/** The app's Home tab: opened by the person, published by the app. */
export function Home() {
  const { slack, me } = useSession();
  const userId = me?.id;
  useEffect(() => {
    if (userId !== undefined) void act('open-home', { user: userId });
  }, [userId]);
  const view = slack.homes.get(userId ?? '');
  return (
    <section className="channel" aria-label={`Home of ${slack.app.name}`}>
      <header className="channel-head">
        <h1>{slack.app.name}</h1>
        <span className="topic">Home</span>
      </header>
      <div className="messages home">
        {view === undefined ? (
          <div className="empty">The app has not published anything here.</div>
        ) : (
          <HomeView key={userId} view={view} />
        )}
      </div>
    </section>
  );
}

function HomeView({ view }: { readonly view: JsonObject }) {
  const { values, setValue, using, asked } = useViewFields(view);
  return (
    <div className="home-view">
      <Blocks
        blocks={objectsIn(view.blocks)}
        using={using}
        renderInput={(block) => (
          <InputField viewId={textIn(view.id)} block={block} values={values} error={undefined} onChange={setValue} />
        )}
      />
      {asked !== undefined && <ConfirmDialog asked={asked} />}
    </div>
  );
}
