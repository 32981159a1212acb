"""Own features: from GenBank, FASTA and tables; what is wrong with a file is said in one line."""

import json
import random
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from rewards.base import Sample
from rewards.cli import score
from rewards.plasmid.library.store import load_library
from rewards.plasmid.parts.own import OwnFeaturesError, read_own
from rewards.plasmid.suite import PlasmidRewardConfig, plasmid_suite, reference_suite

PROMOTER = "".join(random.Random(20).choices("ACGT", k=120))
SITE = "ACGGTCARTTGA"


def genbank(tmp_path: Path) -> Path:
    from Bio import SeqIO
    from Bio.Seq import Seq
    from Bio.SeqFeature import SeqFeature, SimpleLocation
    from Bio.SeqRecord import SeqRecord

    sequence = "T" * 10 + PROMOTER + "T" * 10 + "ACGGTCAATTGA"
    record = SeqRecord(Seq(sequence), id="ours", name="ours", annotations={"molecule_type": "DNA"})
    record.features = [
        SeqFeature(SimpleLocation(0, len(sequence), 1), "source", qualifiers={"label": "all"}),
        SeqFeature(SimpleLocation(10, 130, -1), "promoter", qualifiers={"label": "our promoter"}),
        SeqFeature(SimpleLocation(140, 152, 1), "misc_feature", qualifiers={"note": "our site"}),
    ]
    path = tmp_path / "ours.gb"
    SeqIO.write(record, path, "genbank")
    return path


def test_features_of_a_genbank_file(tmp_path: Path) -> None:
    from Bio.Seq import Seq

    own = read_own(genbank(tmp_path))
    (promoter,) = own.scored
    assert (promoter.name, promoter.feature_class) == ("our promoter", "promoter")
    assert promoter.sequence == str(Seq(PROMOTER).reverse_complement())
    (site,) = own.parts
    assert (site.name, site.part_class, site.sequence) == ("our site", "misc", "ACGGTCAATTGA")


@pytest.mark.parametrize(
    "text",
    [
        f">our promoter class=promoter\n{PROMOTER[:60]}\n{PROMOTER[60:].lower()}\n>our site\n{SITE}\n",
        f"name,class,sequence\nour promoter,promoter,{PROMOTER}\nour site,,{SITE}\n",
        f"Sequence\tName\tClass\n{PROMOTER}\tour promoter\tpromoter\n{SITE}\tour site\tmisc\n",
        f"\ufeffname,class,sequence\r\nour promoter,promoter,{PROMOTER}\r\nour site,misc,{SITE}\r\n",
    ],
    ids=["fasta", "csv", "tsv", "byte order mark"],
)
def test_features_of_fasta_and_tables(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ours.txt"
    path.write_text(text, encoding="utf-8", newline="")
    own = read_own(path)
    assert [(f.name, f.feature_class, f.sequence) for f in own.scored] == [
        ("our promoter", "promoter", PROMOTER)
    ]
    assert [(p.name, p.part_class, p.sequence) for p in own.parts] == [("our site", "misc", SITE)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is neither GenBank nor FASTA, and the first line has no column `name`"),
        ("name,class,sequence\n", "holds no feature"),
        ("name,class,sequence\na,promotor,ACGT\n", "unknown class `promotor`; did you mean `promoter`?"),
        ("name,class,sequence\na,promoter,ACGTACGT\n", "it has 8 bases; a promoter needs 17 to 50,000"),
        ("name,class,sequence\na,tag,ACGTACG\n", "it has 7 bases; a tag needs 8 to 50,000"),
        ("name,class,sequence\n,tag,ACGTACGTA\n", "feature 1 (no name): it has no name"),
        (">a class=cds\nMKVLAAGIVG\n", "its sequence has the letter 'I'"),
        ("name,class,sequence\na,tag,NNNNNNNNNN\n", "no known base"),
        ("LOCUS gibberish\n", "holds no feature"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ours.txt"
    path.write_text(text)
    with pytest.raises(OwnFeaturesError) as error:
        read_own(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    result = CliRunner().invoke(score, ["-", "--features", str(path)], input=">a\nACGT\n")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_a_missing_or_binary_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x01")
    for path in (tmp_path / "none.gb", tmp_path, tmp_path / "binary"):
        with pytest.raises(OwnFeaturesError, match="cannot be read"):
            read_own(path)


def test_own_features_count_in_score(tmp_path: Path) -> None:
    path = genbank(tmp_path)
    rng = random.Random(21)
    plasmid = "".join(rng.choices("ACGT", k=1_500)) + PROMOTER + "ACGGTCAATTGA"
    outputs = {}
    for name, options in {"without": [], "with": ["--features", str(path)]}.items():
        result = CliRunner().invoke(score, ["-", "--json", *options], input=f">p\n{plasmid}\n")
        assert result.exit_code == 0, result.output
        outputs[name] = json.loads(result.stdout.splitlines()[0])
    ours = {f["name"]: f for f in outputs["with"]["features"] if f["name"].startswith("our")}
    assert ours["our promoter"]["class"] == "promoter"
    assert (ours["our promoter"]["start"], ours["our promoter"]["strand"]) == (1_500, -1)
    assert (ours["our site"]["class"], ours["our site"]["start"]) == ("misc", 1_620)
    assert not [f for f in outputs["without"]["features"] if f["name"].startswith("our")]
    assert outputs["with"]["components"]["promoter"]["score"] == 1.0
    assert outputs["without"]["components"]["promoter"]["score"] == 0.0


def test_own_features_count_in_the_training_reward_and_not_in_the_objective(tmp_path: Path) -> None:
    plasmid = "".join(random.Random(22).choices("ACGT", k=2_500)) + PROMOTER
    sample = [Sample("", plasmid)]
    config = PlasmidRewardConfig(reward_features=str(genbank(tmp_path)))
    with_own = plasmid_suite(config).score(sample).components["promoter"]
    without = plasmid_suite(PlasmidRewardConfig()).score(sample).components["promoter"]
    assert (with_own[0], without[0]) == (1.0, 0.0)
    assert reference_suite().score(sample).components["promoter"][0] == 0.0


def test_a_run_with_features_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"reward_features.*cannot be read"):
        RunConfig.from_params({"task": "plasmid", "reward_features": str(tmp_path / "none.gb")})
    path = tmp_path / "site.fa"
    path.write_text(f">site\n{SITE}\n")
    with pytest.raises(ConfigError, match="no feature of a class that rewards read: ori, promoter"):
        RunConfig.from_params({"task": "plasmid", "reward_features": str(path)})


def test_without_scored_features_the_library_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "site.fa"
    path.write_text(f">site\n{SITE}\n")
    library = load_library()
    assert read_own(path).join(library) is library


def test_the_example_of_the_documentation_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[4] / "docs" / "parts.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^```csv\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (command,) = re.findall(r"^sweepfarm score (.*--features.*)$", page, re.MULTILINE)
    promoter, barcode = (line.split(",")[2] for line in table.splitlines()[1:])
    monkeypatch.chdir(tmp_path)
    Path("our_parts.csv").write_text(table)
    rest = "".join(random.Random(23).choices("ACGT", k=2_000))
    Path("designs.fa").write_text(f">design\n{rest}{promoter}{rest[:300]}{barcode}\n")
    result = CliRunner().invoke(score, [*command.split(), "--json"])
    assert result.exit_code == 0, result.output
    found = {f["name"]: f["start"] for f in json.loads(result.stdout)["features"]}
    assert (found["our promoter"], found["our barcode"]) == (2_000, 2_000 + len(promoter) + 300)
    written = Path("designs.gb").read_text()
    assert '/label="our promoter"' in written
    assert '/label="our barcode"' in written
