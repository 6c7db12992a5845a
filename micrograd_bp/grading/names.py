"""What a parameter may be, told by its name, or else by what is still missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

__all__ = ["COST", "Parameter", "assignments", "parameters_of", "roles_of"]

COST = re.compile(r"(?i)cost|loss|error|^j$|objective")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a user's function."""

    name: str
    optional: bool = False
    keyword: bool = False  # can be given by name only
    default: float | None = None


# Roles by name. Names are compared in lower case without underscores.
NAMES = {
    "weights": (
        "thetas|weights|thetalist|matrices|ws|theta|nnparams|thetavec|params|parameters|w|weight"
        "|initialnnparams|nnparameters|unrolledtheta|thetaunrolled|initialtheta|vectheta|rolledtheta"
        "|nnweights|paramsunrolled|paramsrolled|allthetas|allweights|model|network|net"
    ),
    "biases": "biases|bias|bs|b",
    "X": (
        "x|inputs|input|data|features|xtrain|trainx|xs|images|samples|trainingdata|inputdata|xi"
        "|inputlist|inputslist|sample|image|traininginputs|xb|example|row|inputvector|a0"
    ),
    "Y": (
        "y|labels|label|targets|target|t|ytrain|trainy|ytrue|ys|expected|desired|yvec|onehot"
        "|yonehot|yd|ymatrix|ymat|outputtrue|truth|yi|yreal|actual|trueoutput|yoh|yenc|ylabels"
        "|classes|ylabel|labelvector|outputdata|trainingoutputs|traininglabels|targetlist|targetslist|yb|tk"
    ),
    "lambda": "l2|l2reg|weightdecay|wd|penalty|strength|lbda|lbd",
    "sizes": "sizes|layers|layersizes|layerdims|layersdims|architecture|structure|topology|dims",
    "input": (
        "inputlayersize|inputsize|ninputs|ninput|nin|nx|numfeatures|nfeatures|inputdim|nninputdim|inputs"
        "|inputnodes|inputlayer|inputunits|numinputs|din|inputlayers|n|nfeat|d"
    ),
    "hidden": (
        "hiddenlayersize|hiddensize|nhidden|nh|numhidden|hiddendim|hiddennodes|hiddenlayer"
        "|hiddenunits|hiddensizes|hidden|h|nnhdim|hdim|hiddim|numhiddennodes|numhiddenunits|s|hiddenlayers"
    ),
    "output": (
        "numlabels|outputlayersize|outputsize|noutputs|noutput|nout|numclasses|nclasses|ny|k"
        "|outputdim|nnoutputdim|outputnodes|outputlayer|outputunits|numoutputs|dout|classes|outputlayers"
    ),
    "m": "m|numexamples|nsamples|nexamples|numsamples|batchlen",
    "rate": "alpha|learningrate|lr|eta|rate|stepsize|learnrate|a|lrate|step",
    "once": (
        "epochs|numiters|iterations|numiterations|niter|maxiter|nepochs|numepochs|steps|epoch"
        "|iters|nsteps|maxepochs|iter|niterations|maxiters|maxiterations|nepoch|maxepoch|numpasses"
        "|itterations|passes|npasses|numepoch|trainingiterations|numberofiterations"
    ),
    "batch": "batchsize|minibatchsize|batch",
    "off": "verbose|printcost|plot|debug|showcost|shuffle|display|isprint|printloss",
    "forward": (
        "cache|caches|al|a2|a3|h|output|o|yhat|ypred|predictions|prediction|probs|activations|zs"
        "|out|memory|forwardcache|pred|cached|outputs|hidden|a|z|z1|z2|z3|z4|a0|a1|a4|h1|h2|o1|o2"
        "|finaloutput|hiddenoutput|layer1|layer2|l1|inter|values|ypredicted"
    ),
    "rows": "train|trainset|dataset|trainingset|traindata|trainingdata|trainrows|rows",
    "error": (
        "grad|dout|gradoutput|outputerror|outputgradient|gradout|outputgrad|dy|lossgrad|lossgradient"
        "|errorgradient|dl|dz|da|gradients|delta|error|dlout|upstream|outgrad|outerror"
    ),
    "activation": "activation|act|actfunc|activationfunction|activationfunc|g|f|func|sigma|phi",
    "slope": (
        "activationprime|activationderivative|activationgradient|gprime|fprime|dg|df|derivative"
        "|dactivation|activationderiv|actprime|actderiv|dact|dsigma|dphi|gradientfunction"
    ),
}
ROLES: dict[str, tuple[str, ...]] = {}
for _role, _names in NAMES.items():
    for _name in _names.split("|"):
        ROLES[_name] = (*ROLES.get(_name, ()), _role)
PIECES = (  # weights of one layer each: what comes before the number
    r"(?:theta|w|weights?|syn|synapse|ws|wt|weightmatrix|thetalayer|wlayer)(\d+)",
    r"(?:b|bias|biases|bs)(\d+)",
)
BY_PLACE = {
    "W1": "wh|whidden|hiddenweights|weightshidden|wih|weightsinputhidden|inputhiddenweights"
    "|inputweights|wxh|wi|win|weightsih|wtoh|v|wij",
    "W2": "wo|wout|outputweights|weightsoutput|who|weightshiddenoutput|hiddenoutputweights"
    "|why|weightsho|wjk",
    "b1": "bh|bhidden|hiddenbias|biashidden|hiddenbiases|biash|bih",
    "b2": "bo|bout|outputbias|biasoutput|outputbiases|biaso|by|bho",
}
PARTS = (  # of longer names, where no name above is meant
    (r"target|label|expected|desired|truth|onehot|^y(?!pred|hat)", "Y"),
    (r"training.*output|output.*train", "Y"),
    (r"input(s|data)?$|^x|features|samples|images|examples$", "X"),
)
PLACES = {name: role for role, names in BY_PLACE.items() for name in names.split("|")}


def roles_of(name: str) -> tuple[str, ...]:
    """What a parameter of this name may be, the likeliest first; () if the name says nothing.

    >>> roles_of("Theta2"), roles_of("mylambda"), roles_of("y_train"), roles_of("strange")
    (('W2',), ('lambda',), ('Y',), ())
    """
    plain = name.lower().replace("_", "")
    for letter, pattern in zip("Wb", PIECES, strict=True):
        numbered = re.fullmatch(pattern, plain)
        if numbered:
            return (f"{letter}{int(numbered[1])}",)
    if plain in PLACES:
        return (PLACES[plain],)
    if re.search(r"lam|lmb|lmd|lbd", plain) or plain.startswith("reg"):
        return ("lambda",)
    roles = (
        ROLES.get(plain, ())
        or tuple(role for pattern, role in PARTS if re.search(pattern, plain))[:1]
    )
    return (*roles, "lambda") if roles[:1] == ("rate",) else roles  # people copy signatures


def parameters_of(signature: Sequence[Mapping[str, Any]] | None) -> list[Parameter] | None:
    """The parameters of a function from an inventory; None for ``*args`` alone."""
    if signature is None:
        return None
    kept = [p for p in signature if not str(p["kind"]).startswith("VAR_")]
    if not kept and any(p["kind"] == "VAR_POSITIONAL" for p in signature):
        return None
    return [
        Parameter(
            str(p["name"]), bool(p["optional"]), p["kind"] == "KEYWORD_ONLY",
            float(p["default"]) if isinstance(p["default"], (int, float)) else None,
        )
        for p in kept
    ]  # fmt: skip


# What an unknown parameter may be, in this order; weights, X and Y before all others.
ESSENTIAL = ("weights", "X", "Y")
FURTHER = ("lambda", "sizes", "input", "hidden", "output", "rate", "m", "once")
SURE = {"x", "y", "w", "b"}  # the only names of one letter that settle a role
MOST = 40


def assignments(
    parameters: Sequence[Parameter] | None, essential: Sequence[str] = ESSENTIAL
) -> Iterator[dict[str, str]]:
    """The roles that the parameters may have, by name, the likeliest first.

    ``essential`` are the roles that must be among them.

    >>> next(assignments([Parameter("thetas"), Parameter("X"), Parameter("y"), Parameter("lam")]))
    {'thetas': 'weights', 'X': 'X', 'y': 'Y', 'lam': 'lambda'}
    """
    if parameters is None:
        yield {"*0": "weights", "*1": "X", "*2": "Y", "*3": "lambda"}
        return
    given = [p for p in parameters if not p.optional or _worth_giving(p)]
    if essential == ESSENTIAL and len(given) == 1 and not {"X", "Y"} & set(roles_of(given[0].name)):
        yield {given[0].name: "weights"}
        return
    whole = any("weights" in roles_of(p.name) for p in given)
    numbered = {} if whole else _numbered(given)
    choices = [
        (numbered[p.name],) if p.name in numbered else (*roles_of(p.name), *_doubt(p.name))
        for p in given
    ]
    seen: list[dict[str, str]] = []
    for chosen in product(*[options or ("?",) for options in choices]):
        named = [role for role in chosen if role != "?"]
        once_only = [role for role in named if role not in ("forward", "off", "once")]
        if len(set(once_only)) != len(once_only):
            continue
        unknown = chosen.count("?")
        for filling in _fillings(named, unknown, essential):
            rest = iter(filling)
            roles = [role if role != "?" else next(rest) for role in chosen]
            made = {p.name: role for p, role in zip(given, roles, strict=True)}
            if made not in seen:
                seen.append(made)
                yield made
            if len(seen) == MOST:
                return


def _numbered(parameters: Sequence[Parameter]) -> dict[str, str]:
    """Weights, and then biases, that are told by nothing but their numbers: q1, q2."""
    groups: dict[str, list[str]] = {}
    for p in parameters:
        found = re.fullmatch(r"([A-Za-z_]+?)_?(\d+)", p.name)
        if found and not roles_of(p.name):
            groups.setdefault(found[1], []).append(p.name)
    made: dict[str, str] = {}
    several = [names for names in groups.values() if len(names) > 1]
    for letter, names in zip("Wb", several, strict=False):
        made |= {name: f"{letter}{l}" for l, name in enumerate(names, start=1)}
    return made


def _doubt(name: str) -> tuple[str, ...]:
    """A name of one letter may stand for anything."""
    return ("?",) if len(name) == 1 and name.lower() not in SURE and roles_of(name) else ()


def _worth_giving(parameter: Parameter) -> bool:
    """Whether a parameter with a default is given a value: only one whose name says λ, or a
    count of iterations; ``w=None`` is not the weights."""
    roles = roles_of(parameter.name)
    return roles[:1] in (("lambda",), ("once",), ("X",), ("Y",), ("sizes",)) or "off" in roles


def _fillings(
    named: Sequence[str], unknown: int, essential: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """Roles for the parameters whose names say nothing."""
    if not unknown:
        yield ()
        return
    has_weights = "weights" in named or any(re.fullmatch(r"[Wb]\d+", role) for role in named)
    needed = [r for r in essential if r not in named and not (r == "weights" and has_weights)]
    further = [r for r in FURTHER if r not in named]
    if unknown == 5 and len(needed) == 3:
        yield ("weights", "sizes", "X", "Y", "lambda")
    if (unknown == 2 and len(needed) == 3) or unknown < len(needed):
        return
    dims = tuple(role for role in ("input", "hidden", "output") if role not in named)
    for extra in permutations(further, unknown - len(needed)):
        if not set(dims) & set(extra) or set(dims) <= set(extra):  # all of them or none
            yield (*needed, *extra)
    for extra in permutations(further, unknown - len(needed)):
        yield from permutations([*needed, *extra])
