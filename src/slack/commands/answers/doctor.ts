import { renderStranger } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderDoctor } from '../../messages/doctor.ts';
import type { AnswerTools, Asked } from '../asked.ts';

/** It comes before anybody has a right in the cluster, so no right is asked for: any member may ask, guests may not. */
export async function answerDoctor(tools: AnswerTools, asked: Asked): Promise<Message> {
  if (!asked.mayChange) return renderStranger(tools.view, 'guest');
  return renderDoctor(await tools.operations.doctor(asked.channel));
}
