"""Rules of text and templates: what they do, how they are written, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.encoders.text import (
    RULES,
    Rule,
    Template,
    apply_rules,
    fill,
    parse_rules,
    parse_templates,
)
from benchmark.errors import UsageError

NAMED = {"mask": "[MASK]", "bos": "<s>", "eos": "</s>"}


@pytest.mark.parametrize(
    ("rules", "text", "wanted"),
    [
        ("", " As it is ", " As it is "),
        ("strip", " a b\t", "a b"),
        ("lower", "It Is ÄÖ", "it is äö"),
        ("replace/a/bb", "banana", "bbbnbbnbb"),
        ("replace/a/", "banana", "bnn"),
        ("append/./.?!", "it rains", "it rains."),
        ("append/./.?!", "it rains!", "it rains!"),
        ("append/./.?!", "it rains! ", "it rains! ."),  # the last character is a blank
        ("append/./.?!", "", ""),
        ("append/ ./", "it rains", "it rains ."),
        ("ending/?/.", "is it? it is?", "is it? it is."),
        ("ending/?/.", "??", "?."),
        ("ending/?/.", "no", "no"),
        (r"replace/\,/\/", "a, b", "a/ b"),
        (r"replace/\\/|", "a\\b", "a|b"),
        ("strip, lower,append/./.", " Is it? ", "is it?."),
        ("append/./.?,ending/?/!", "So?", "So!"),  # in order
        ("ending/?/!,append/./.?", "So?", "So!."),
    ],
)
def test_what_rules_do(rules: str, text: str, wanted: str) -> None:
    assert apply_rules(parse_rules(rules), text) == wanted


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("stirp", "`text_rules`: there is no rule 'stirp' (did you mean strip?)"),
        (
            "strip,",
            "`text_rules`: there is no rule ''; there are strip, lower, replace, append, end",
        ),
        ("strip/x", "`text_rules`: 'strip/x' is not of the form strip"),
        ("append/.", "`text_rules`: 'append/.' is not of the form append/A/B"),
        ("replace/a/b/c", "`text_rules`: 'replace/a/b/c' is not of the form replace/A/B"),
        ("replace//b", "`text_rules`: 'replace//b' is not of the form replace/A/B"),
        ("replace/\udce9/b", "`text_rules` 'replace/\\udce9/b': no text in UTF-8"),
    ],
)
def test_what_is_no_rule(rules: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_rules(rules)
    assert str(caught.value).startswith(said)


_ARGUMENT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@given(
    st.lists(
        st.sampled_from(sorted(RULES)).flatmap(
            lambda name: st.tuples(
                st.just(name),
                st.tuples(_ARGUMENT.filter(bool), _ARGUMENT) if RULES[name][1] else st.just(()),
            )
        ),
        max_size=4,
    )
)
def test_rules_are_read_as_they_are_written(rules: list[tuple[str, tuple[str, ...]]]) -> None:
    """So different rules are never written alike: not in a card, not in a signature."""
    made = tuple(Rule(name, arguments) for name, arguments in rules)
    assert parse_rules(",".join(map(str, made))) == made


def test_a_template_is_filled_without_looking_into_the_sentence() -> None:
    [template] = parse_templates('{curly} "{text}" means {mask}, {text}')
    assert template.whole
    assert (template.copies, template.tokens) == (2, {"mask"})
    filled = fill(template.pieces[0], "{mask} {text}", NAMED)
    assert filled.text == '{curly} "{mask} {text}" means [MASK], {mask} {text}'
    assert [filled.text[start:end] for start, end in filled.spans] == ["{mask} {text}"] * 2


def test_pieces_and_several_templates() -> None:
    first, second = parse_templates("{bos}A:{/}{text}{/}\nB:{/}{text}{/}{eos}{+}C {text}")
    assert first == Template(("{bos}A:", "{text}", "\nB:", "{text}", "{eos}"))
    assert (first.whole, first.copies, first.tokens) == (False, 2, {"bos", "eos"})
    assert second == Template(("C {text}",))


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("no place", "{text} says where the sentence goes"),
        ("", "{text} says where the sentence goes"),
        ("a {text}{+}b", "{text} says where the sentence goes"),
        ("{txt}", "{text} says where the sentence goes"),
        ("{/}a {text}", "in pieces, {text} is a piece of its own"),
        ("{text}{/}{text}{eos}", "in pieces, {text} is a piece of its own"),
        ("{text}\udce9", "no text in UTF-8"),
    ],
)
def test_what_is_no_template(template: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_templates(template)
    assert str(caught.value).startswith("`template` ")
    assert str(caught.value).endswith(said)
