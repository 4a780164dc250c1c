"""The floors of the package: which modules there are, what they are for, which may import which.

    python docs/floors.py --write

writes the drawing and the tables of docs/architecture.md; without --write it says whether they are
as they should be. tests/test_architecture.py checks the imports against the same list.

To add a module, add its line: the name and the purpose. Modules without a blank line between them
stand on one floor. A module may import modules on floors below its own only. What is in a package
stands below the package, all in one run.
"""

import argparse
import sys
import textwrap
from pathlib import Path

PAGE = Path(__file__).with_name("architecture.md")
WIDTH = 96  # of the drawing
COLUMN = 34  # where it says what a package is for

LIST = """
sknn                            the public names: estimators, `save`, `load`, `show_versions`

sknn.persistence                `save`, `load`: an estimator in one file, without pickle
sknn.versions                   `show_versions()`: versions, BLAS and what would make it faster

sknn.saved_networks             a network as the values of a file, and the network out of them
sknn.steps                      scikit-learn's estimators in saved pipelines, from a list

sknn.restored_steps             whether what a file says of these estimators can be
sknn.restored                   whether the parts of a loaded estimator belong together

sknn.dask                       Dask arrays and frames, in blocks or on workers; Dask imports lazily

sknn.dask.estimators            the six estimators for Dask collections

sknn.dask.tasks                 classification and regression of Dask collections

sknn.dask.network               reads, holds out, predicts and scores in place of the plain ones

sknn.dask.crew                  the workers that train one network: the client's side
sknn.dask.parameters            the parameters that Dask estimators have besides the plain ones

sknn.dask.ranks                 what a worker does: packs shards, trains an epoch, validates

sknn.dask.peers                 sums that workers exchange through their own servers
sknn.dask.reading               blocks, computed and checked as an estimator reads arrays
sknn.dask.prediction            predictions of collections, which nobody has computed yet
sknn.dask.scores                scores that are added up block by block

sknn.dask.scattering            `scatter_rows`: sorted rows scattered over all blocks, on disk

sknn.dask.census                the one pass before training: rows, classes, weights by block
sknn.dask.partitions            collections cut into blocks alike, and what is refused of them

sknn.onnx                       export to ONNX; the onnx package is imported when it is called

sknn.onnx.registration          `register`: skl2onnx converts pipelines with our networks in them

sknn.onnx.export                `to_onnx`: a fitted estimator as an ONNX model

sknn.onnx.conversion            an estimator in ONNX operators, from X to labels or numbers
sknn.onnx.protobuf              graphs as the messages of an ONNX file

sknn.onnx.labels                labels and probabilities for each kind of y
sknn.onnx.layers                layers, one function for each

sknn.onnx.activations           activation functions, one function for each
sknn.onnx.links                 what losses make of raw outputs, one function for each link
sknn.onnx.windows               convolution and pooling, in float32 and in float64

sknn.onnx.graph                 operators and constants by name, before they become a file

sknn.model_selection            searches and cross-validation whose networks train together

sknn.model_selection.searches   `GridSearchCV` and the others, `together`
sknn.model_selection.spaces      `search_space`: ranges for searches that draw settings

sknn.model_selection.backend    a joblib backend: takes tasks in and runs them in a room

sknn.model_selection.progress   the line that shows how far a search has come
sknn.model_selection.room       tasks take turns, and their networks train together

sknn.plotting                   displays; matplotlib is imported when one is drawn

sknn.plotting.gradient_flow     `GradientFlowDisplay`: gradients and dead units by layer and epoch

sknn.plotting.activations       `ActivationDisplay`: activation functions and their derivatives
sknn.plotting.feature_maps      `FeatureMapDisplay`: the response of each channel to an image
sknn.plotting.filters           `FilterDisplay`: first-layer weights as images
sknn.plotting.learning_rate     `LearningRateDisplay`: the learning-rate range test
sknn.plotting.network           `NetworkDisplay`: units, maps and weights of a network
sknn.plotting.recorder          `GradientFlow`: the callback that records gradients and dead units
sknn.plotting.saliency          `SaliencyDisplay`: input gradients and integrated gradients
sknn.plotting.training_curve    `TrainingCurveDisplay`: loss, validation score, learning rate

sknn.plotting.artist            draws the arrangement of a network

sknn.plotting.arrangement       where the columns of a network stand in its picture
sknn.plotting.columns           a network as columns of units and maps
sknn.plotting.layerwise         one sample forward and backward, layer by layer
sknn.plotting.mosaic            many images as the tiles of one

sknn.plotting.panels            axes, colours and colour bars

sknn.inspection                 tools to look into a network

sknn.inspection.summary         `summary`: layers, shapes, numbers of parameters, costs
sknn.inspection.diagnose        `diagnose`: probable faults of a fit, and which setting to change

sknn.inspection.data_symptoms       what can be wrong with the data
sknn.inspection.training_symptoms   what can be wrong with the training

sknn.inspection.evidence        the figures that `diagnose` looks at, computed once

sknn.inspection.tracing         one step of training with every number on the way

sknn.inspection.tracing.trace       `trace`: runs the step and records it

sknn.inspection.tracing.records     the records that a trace consists of

sknn.inspection.tracing.panel       a trace in a notebook: a table of the layers, and the page
sknn.inspection.tracing.window      one window of a convolution: pixels, products, sum

sknn.inspection.tracing.pages       a trace as a page of text

sknn.inspection.tracing.formulas    the formulas on that page
sknn.inspection.tracing.stages      a layer in two stages: weighted sum, activation

sknn.inspection.flatness        fraction of the inputs for which an activation function is flat
sknn.inspection.networks        the network inside a pipeline or a search, and what reaches it

sknn.tabular                    raw tables: columns become a matrix, several networks train on it

sknn.tabular.classifier         `TabularClassifier`: labels out of raw tables
sknn.tabular.regressor          `TabularRegressor`: numbers out of raw tables

sknn.tabular.ensemble           common to both: a fit in four steps, prediction
sknn.tabular.parameters         every parameter of both: its default, constraint and documentation

sknn.tabular.members            several networks on one matrix, each with rows to be validated on
sknn.tabular.scores             the scores by which members keep their best epoch
sknn.tabular.columns_panel      the columns of a table in the panel that notebooks show

sknn.tabular.recipe             the network of a member, and how it is trained
sknn.tabular.reading            the one way in: X, columns and weights become checked rows
sknn.tabular.targets            labels and numbers, checked and on the scale of members

sknn.tabular.encoding           what is learnt of columns, and the matrix that networks take in
sknn.tabular.folds              which rows each member trains on, and is validated on
sknn.tabular.calibration        a temperature that makes probabilities as sure as they are right
sknn.tabular.out_of_fold        predictions for each row by members that did not train on it

sknn.tabular.frames             frames, arrays, lists and sparse matrices, column by column

sknn.metrics                    specificity, and every figure of a confusion matrix for each class

sknn.estimators                 scikit-learn's conventions around the core: validate, warn, raise

sknn.estimators.sequential      `SequentialClassifier`, `SequentialRegressor`: any stack of layers
sknn.estimators.cnn             `CNNClassifier`, `CNNRegressor`: blocks of convolution and pooling
sknn.estimators.mlp             `MLPClassifier`, `MLPRegressor`: parameters and documentation

sknn.estimators.classifier      classification: labels in, labels and probabilities out
sknn.estimators.regressor       regression: numbers in, numbers out

sknn.estimators.base            common to all estimators: a fit in four steps, prediction
sknn.estimators.labels          encoding, probabilities and decisions for each kind of labels

sknn.estimators.by_hand         weights set by hand on an estimator that was never fitted

sknn.estimators.panel           the panel that notebooks show of an estimator

sknn.estimators.panel.html      the boxes of the network in that panel

sknn.estimators.panel.charts    the line charts in that panel
sknn.estimators.panel.markup    tables, notes and findings as HTML, escaped, in the page's colours

sknn.estimators.meeting         where a fit runs: at once, or in a room with others
sknn.estimators.reading         the one way in: X, y and sample_weight become checked rows
sknn.estimators.publishing      the attributes that a fit leaves on its estimator
sknn.estimators.reports         warnings and errors at the end of training
sknn.estimators.callbacks       the bridge to scikit-learn's callbacks
sknn.estimators.checkpoints     writes and reads the checkpoints of a fit
sknn.estimators.starts          where a fit starts: anew, warm, one step further, resumed

sknn.estimators.poor_fits       fits that end worse than they began, or than a constant

sknn.estimators.parameters      every parameter: its default, its constraint, its documentation

sknn.estimators.divergence      the cause of training that diverged, as far as numbers show it
sknn.estimators.validation      held-out samples and the score on them
sknn.estimators.solvers         the optimisers and schedules behind the names of parameters
sknn.estimators.images          images as input: flat or not, integers or floats

sknn.estimators.hidden_layers   hidden layers made from parameters
sknn.estimators.raw_tables      names the columns with text or missing values

sknn.estimators.scales          whether X_val is scaled as X is
sknn.estimators.newest          `NewestSplit`: the newest rows are held out
sknn.estimators.pixels          images that are probably not as the user meant them
sknn.estimators.inputs          refuses input that scikit-learn's validation lets pass
sknn.estimators.rollback        undoes a fit that failed

sknn.warning                    warnings that point at the caller of the package

sknn.scikit_learn               what depends on the version of scikit-learn, and its private names

sknn.scikit_learn.private_names     the only imports of names that scikit-learn calls private

sknn.scikit_learn.callback_protocol     callbacks for scikit-learn before 1.9, which has none
sknn.scikit_learn.weights               weights that are all zero, which 1.9 is the first to refuse
sknn.scikit_learn.stored_classes        the classes and functions that saved pipelines may name

sknn.nn                         the core: arrays in, arrays out; it knows no estimator

sknn.nn.together                fits of one shape in one pass, each with its own bits

sknn.nn.grouping                the fits that may train in one pass, and those that best do
sknn.nn.rows_of_models          the rows of several models as one source

sknn.nn.fit                     one fit: what it needs, how it is run, how it ended

sknn.nn.local_steps             an epoch of replicas, one for each shard, averaged now and then
sknn.nn.lbfgs                   the loop over iterations: full batches through SciPy's L-BFGS-B

sknn.nn.training                the loop over epochs: steps, stopping rules, best weights, history

sknn.nn.plan                    the things that training was asked for
sknn.nn.training_state          the things that training carries from epoch to epoch

sknn.nn.storage                 files: saved models and checkpoints

sknn.nn.storage.checkpoint      the state of training in a file, from which it can continue

sknn.nn.storage.values          values as JSON and arrays, and back

sknn.nn.storage.bounds          how much memory the values of a file may take
sknn.nn.storage.parts           whether the parts of a checkpoint belong together
sknn.nn.storage.registry        objects that are stored as a class name and arguments

sknn.nn.storage.container       arrays and a JSON document in one file, checked when it is read

sknn.nn.storage.files           files that are replaced as a whole or not at all
sknn.nn.storage.formats         files that other programs wrote, told by their first bytes

sknn.nn.augmentation            random shifts and flips of training images
sknn.nn.summary                 kind, output shape and cost of each layer

sknn.nn.shards                  rows in shards of several processes, and the gradient of them

sknn.nn.receptive_field         which part of the image a number in a network depends on
sknn.nn.gradient                a mini-batch in, loss and gradient out; micro-batches on threads

sknn.nn.model                   a network with its weights: it predicts, and it is pickled

sknn.nn.table                   tables of several kinds of columns as input: `TableInput`
sknn.nn.residual                layers with a shortcut around them: `Residual`

sknn.nn.composite               layers that are made of layers: `Composite`

sknn.nn.network                 layers in sequence over one vector of parameters

sknn.nn.layers                  layers, one file for each kind

sknn.nn.layers.convolution      convolution, alone and fused with max-pooling
sknn.nn.layers.normalization    batch and layer normalisation

sknn.nn.layers.normalized_images batch normalisation, activation and pooling, block by block
sknn.nn.layers.quads            convolution of few channels, four windows at a time

sknn.nn.layers.dense            the fully connected layer
sknn.nn.layers.pooling          max-pooling, mean-pooling, global mean-pooling
sknn.nn.layers.activate         an activation function as a layer of its own
sknn.nn.layers.shaping          `Flatten`
sknn.nn.layers.dropout          dropout
sknn.nn.layers.scale            a factor for each input
sknn.nn.layers.embedding        integer codes as learned vectors
sknn.nn.layers.periodic         numbers as cosines of learned frequencies
sknn.nn.layers.piecewise        numbers as piecewise-linear functions
sknn.nn.layers.columns          convolution as one matrix product
sknn.nn.layers.lines            convolution as one product for each row of the kernel
sknn.nn.layers.winograd         3 x 3 convolution with fewer multiplications

sknn.nn.layers.base             the contract of a layer
sknn.nn.layers.windows          windows that slide over images

sknn.nn.constant                the loss of predicting a constant
sknn.nn.blocks                  training rows in blocks, of which two are in memory

sknn.nn.batches                 training rows, batch by batch
sknn.nn.threads                 holds BLAS to one thread; shares work out among threads
sknn.nn.passes                  the things that layers are told about a forward and backward pass
sknn.nn.streams                 random numbers apart from scikit-learn's draws, for dropout

sknn.nn.optimizers              SGD, Adam and others: one step over the whole vector

sknn.nn.schedules               schedules of the learning rate, of dropout and of weight decay

sknn.nn.losses                  losses, each with its link from raw outputs to predictions

sknn.nn.stopping                when to stop, which weights to keep, and which models go on

sknn.nn.activations             activation functions and their derivatives

sknn.nn.workspace               arrays that are used again in every step
sknn.nn.cached                  attributes that are computed once, without a lock

sknn.nn.initializers            initial weights

sknn.nn.tree                    sums over shards, added up along one tree
sknn.nn.parameters              parameters and statistics of layers, and their places in the vector

sknn.nn.settings                objects that consist of their constructor's arguments
sknn.nn.memory                  how much memory there is, and sizes of arrays in words

sknn.nn.ranges                  the values that such an argument may have
sknn.nn.per_model               settings given for each of several models
sknn.nn.names                   names of other packages and texts, and what they are called here

sknn.typing                     types that the hints of several modules share
"""


def read(text):
    """[{module: purpose} of each floor], from the top."""
    floors = [block.splitlines() for block in text.strip().split("\n\n")]
    return [dict(line.split(maxsplit=1) for line in floor) for floor in floors]


FLOORS = read(LIST)


def package_of(module):
    return module.rpartition(".")[0]


def packages(floors):
    """The modules that have others in them, from the top."""
    modules = [module for floor in floors for module in floor]
    return [module for module in modules if module in set(map(package_of, modules))]


def drawing(floors):
    """A line for each floor, indented by package."""
    lines, inside = [], packages(floors)
    for floor in floors:
        first, names = next(iter(floor)), [module.rpartition(".")[2] for module in floor]
        indent = "  " * first.count(".")
        if first in inside:
            lines.append(f"{indent}{names[0]}".ljust(COLUMN) + plain(floor[first]))
        else:
            lines += textwrap.wrap(
                "  ".join(names), WIDTH, initial_indent=indent, subsequent_indent=indent + "    "
            )
    return "\n".join(["```", *lines, "```"])


def tables(floors):
    """For each package what it is for, and a table of the modules in it."""
    purposes = {module: purpose for floor in floors for module, purpose in floor.items()}
    inside, parts = packages(floors), []
    for package in inside:
        rows = [
            f"| `{module.rpartition('.')[2]}.py` | {purpose} |"
            for module, purpose in purposes.items()
            if package_of(module) == package and module not in inside
        ]
        folder = package.replace(".", "/")
        parts += [f"**`{folder}/`**: {purposes[package]}", "", "| module | purpose |", "|---|---|"]
        parts += [*rows, ""]
    return "\n".join(parts).rstrip()


def plain(text):
    """Markdown without the marks of code."""
    return text.replace("`", "")


def written(page, floors=FLOORS):
    """The text of the page with the drawing and the tables of these floors in it."""
    for name, part in (("drawing", drawing(floors)), ("tables", tables(floors))):
        begin, end = (
            f"<!-- {name} of the floors: begin -->\n",
            f"<!-- {name} of the floors: end -->",
        )
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}{part}\n{end}{after}"
    return page


def main():
    """Writes the page, or says whether it is up to date. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write docs/architecture.md")
    page = PAGE.read_text(encoding="utf-8")
    if parser.parse_args().write:
        PAGE.write_text(written(page), encoding="utf-8")
    elif written(page) != page:
        print(f"{PAGE} is not what the list of floors says: run this with --write.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
