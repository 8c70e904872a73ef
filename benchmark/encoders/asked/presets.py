"""What is done to the text of sentences: by a preset of ``models.toml``, or as it was asked."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from benchmark.encoders.asked.catalogue import CatalogueModel, Preset, named_presets
from benchmark.encoders.text import parse_rules, parse_templates
from benchmark.errors import UsageError
from benchmark.options import EncoderOptions
from benchmark.suggestions import did_you_mean

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TextSettings:
    """What a sentence goes through, and how its vector is pooled.

    Attributes:
        template: as `benchmark.encoders.text.parse_templates` reads it; None for none.
        rules: each as `benchmark.encoders.text.parse_rules` reads it.
        pooler: that a preset has, None without a preset.
        preset: its name.
    """

    template: str | None = None
    rules: tuple[str, ...] = ()
    pooler: str | None = None
    preset: str | None = None


def text_settings(name: str, model: CatalogueModel | None, options: EncoderOptions) -> TextSettings:
    """Return what a model's texts go through; what was asked wins, with a word.

    Args:
        name: of the model.
        model: the catalogue's entry, if it has one.
        options: what was asked.

    Raises:
        UsageError: an unknown preset, or what is no template or no rule.
    """
    documented = model.preset if model else None
    chosen = options.preset or documented
    if documented is not None and chosen != documented:
        _warn(name, f"preset {chosen}", f"the documented {documented}")
    preset = preset_of(chosen) if chosen else None
    template, rules = options.template, options.text_rules
    if preset and template not in (None, preset.template):
        _warn(name, f"template {template!r}", f"that of preset {chosen}")
    if preset and rules not in (None, ",".join(preset.rules)):
        _warn(name, f"text rules {rules!r}", f"those of preset {chosen}")
    if template is None and preset:
        template = preset.template
    if template is not None:
        parse_templates(template)
    said = ",".join(preset.rules) if rules is None and preset else rules or ""
    return TextSettings(
        template,
        tuple(map(str, parse_rules(said))),
        preset.pooler if preset else None,
        chosen if preset else None,
    )


def preset_of(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        UsageError: there is none.
    """
    presets = named_presets()
    if name not in presets:
        known = did_you_mean(name, presets) or f"; there are {', '.join(presets)}"
        raise UsageError(f"`preset` {name}: there is none of that name{known}")
    return presets[name]


def _warn(name: str, what: str, instead: str) -> None:
    logger.warning(
        "%s: %s instead of %s; scores are not those of the published method", name, what, instead
    )
