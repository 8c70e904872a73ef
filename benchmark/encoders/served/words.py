"""The text that goes to a service for a sentence: rules, and a prompt or a template around it."""

from __future__ import annotations

from dataclasses import replace

from benchmark.encoders.asked.catalogue import CatalogueModel
from benchmark.encoders.asked.presets import text_settings
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.text import apply_rules, fill, parse_rules, parse_templates
from benchmark.errors import UsageError
from benchmark.options import EncoderOptions

TAKEN = ("prompt", "template", "text_rules")
"""Options of text that services take; of a preset they could not do the pooling."""


def with_text(
    card: EncoderCard, model: CatalogueModel | None, options: EncoderOptions
) -> EncoderCard:
    """Return a card with what was asked to be done to the text of sentences.

    Raises:
        UsageError: a template that a service could not be sent, or a prompt beside it.
    """
    text = text_settings(card.name, model, options)
    if text.template is not None:
        [template, *others] = parse_templates(text.template)
        if others or not template.whole or template.tokens:
            raise UsageError(
                f"{card.name}: a service is sent one text; `template` may hold {{text}}, and no "
                "tokens, pieces or further templates"
            )
        if options.prompt:
            raise UsageError(
                f"{card.name}: a template and a `prompt` are two texts around a sentence; write "
                "the prompt into the `template`"
            )
    prompt = options.prompt if options.prompt is not None else model.prompt if model else None
    return replace(
        card,
        prompt=None if text.template is not None else prompt or None,
        template=text.template,
        rules=text.rules,
    )


def sent(card: EncoderCard, sentence: str) -> str:
    """Return what is sent to a service for a sentence."""
    text = apply_rules(parse_rules(",".join(card.rules)), sentence) if card.rules else sentence
    if card.template is not None:
        [template] = parse_templates(card.template)
        [piece] = template.pieces
        return fill(piece, text, {}).text
    return f"{card.prompt}{text}" if card.prompt else text
