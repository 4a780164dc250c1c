"""The floors of the package: all modules, their purposes, and which modules each may import.

    python docs/floors.py --write

writes the drawing and the tables of docs/architecture.md. Without --write, the script checks
whether they are up to date. tests/test_architecture.py checks all imports against the same list.

To add a module, add a line with its name and its purpose. Modules without a blank line between them
are on the same floor. A module may only import modules on lower floors. The modules of a package
follow the package itself, without other modules in between.
"""

import argparse
import sys
import textwrap
from pathlib import Path

PAGE = Path(__file__).with_name("architecture.md")
WIDTH = 96  # of the drawing
COLUMN = 34  # at which the purpose of a package begins

LIST = """
sknn                            public names: estimators, `save`, `load` and `show_versions`

sknn.persistence                `save` and `load`: store an estimator in one file, without pickle
sknn.versions                   `show_versions`: versions, BLAS, and what would make it faster

sknn.saved_networks             converts a network to the values of a file, and back
sknn.steps                      stores the listed scikit-learn estimators of saved pipelines

sknn.restored_steps             checks that the attributes of loaded scikit-learn steps are valid

sknn.restored_encoders          checks the encoders of categories in loaded pipelines
sknn.restored_compositions      checks the pipelines and column transformers that contain steps

sknn.restored_attributes        checks each attribute of a step against the table of stored classes
sknn.restored                   checks that the parts of a loaded estimator are consistent

sknn.dask                       Dask arrays and DataFrames, in blocks or on workers (lazy import)

sknn.dask.estimators            the six estimators for Dask collections

sknn.dask.tasks                 classification and regression of Dask collections

sknn.dask.network               reading, holding out, prediction and scores for Dask collections

sknn.dask.crew                  the client's view of the workers that train one network
sknn.dask.parameters            the parameters that only Dask estimators have

sknn.dask.ranks                 the work of one worker: packs shards, trains an epoch, validates

sknn.dask.peers                 sums that workers exchange through their own servers
sknn.dask.reading               computes blocks and checks them as arrays in memory are checked
sknn.dask.prediction            lazy predictions of collections
sknn.dask.scores                scores that are accumulated block by block

sknn.dask.scattering            `scatter_rows`: shuffles sorted rows over all blocks, on disk

sknn.dask.census                one pass before training: counts rows, classes and weights by block
sknn.dask.partitions            aligns the blocks of collections, and rejects unsupported ones

sknn.onnx                       export to ONNX; imports onnx only when a model is written

sknn.onnx.registration          `register`: lets skl2onnx convert pipelines that contain networks

sknn.onnx.export                `to_onnx`: converts a fitted estimator to an ONNX model

sknn.onnx.conversion            converts an estimator to ONNX operators, from X to predictions
sknn.onnx.protobuf              writes graphs as the messages of an ONNX file

sknn.onnx.labels                labels and probabilities for each kind of y
sknn.onnx.layers                one converter function for each layer

sknn.onnx.activations           one converter function for each activation
sknn.onnx.links                 one converter function for each link from raw outputs to predictions
sknn.onnx.windows               convolution and pooling, in float32 and in float64

sknn.onnx.graph                 operators and constants by name, before they are written to a file

sknn.model_selection            searches and cross-validation whose networks train together

sknn.model_selection.searches   `GridSearchCV` and the other searches, and `together`
sknn.model_selection.spaces      `search_space`: ranges of parameters for random searches

sknn.model_selection.backend    a joblib backend that collects tasks and runs them in a room

sknn.model_selection.progress   a line that shows the progress of a search
sknn.model_selection.room       lets tasks take turns, and trains their networks together

sknn.plotting                   displays; imports matplotlib only when one is drawn

sknn.plotting.gradient_flow     `GradientFlowDisplay`: gradients and dead units by layer and epoch

sknn.plotting.activations       `ActivationDisplay`: activation functions and their derivatives
sknn.plotting.feature_maps      `FeatureMapDisplay`: the response of each channel to an image
sknn.plotting.filters           `FilterDisplay`: first-layer weights as images
sknn.plotting.learning_rate     `LearningRateDisplay`: the learning-rate range test
sknn.plotting.network           `NetworkDisplay`: units, maps and weights of a network
sknn.plotting.recorder          `GradientFlow`: a callback that records gradients and dead units
sknn.plotting.saliency          `SaliencyDisplay`: input gradients and integrated gradients
sknn.plotting.training_curve    `TrainingCurveDisplay`: loss, validation score, learning rate

sknn.plotting.artist            draws the arrangement of a network

sknn.plotting.arrangement       positions of the columns of a network in its plot
sknn.plotting.columns           represents a network as columns of units and maps
sknn.plotting.layerwise         forward and backward pass of one sample, layer by layer
sknn.plotting.mosaic            arranges many images as tiles of one image

sknn.plotting.panels            axes, colours and colour bars

sknn.inspection                 tools to inspect a network

sknn.inspection.summary         `summary`: layers, shapes, numbers of parameters, costs
sknn.inspection.diagnose        `diagnose`: likely problems of a fit, and which setting to change

sknn.inspection.table_symptoms      signs of problems with an estimator for tables

sknn.inspection.data_symptoms       signs of problems with the data
sknn.inspection.training_symptoms   signs of problems with the training

sknn.inspection.evidence        the figures that `diagnose` examines, each computed once

sknn.inspection.tracing         one training step with all intermediate values

sknn.inspection.tracing.trace       `trace`: runs the step and records it

sknn.inspection.tracing.records     the records of a trace

sknn.inspection.tracing.panel       a trace in a notebook: a table of the layers, and the page
sknn.inspection.tracing.window      one window of a convolution: pixels, products, sum

sknn.inspection.tracing.pages       a trace as a page of text

sknn.inspection.tracing.formulas    the formulas on that page
sknn.inspection.tracing.stages      a layer in two stages: weighted sum, activation

sknn.inspection.flatness        fraction of inputs in a flat region of the activation function
sknn.inspection.networks        finds the network inside a pipeline or a search, and its input

sknn.tabular                    raw tables: encodes columns and trains several networks on them

sknn.tabular.classifier         `TabularClassifier`: classification of raw tables
sknn.tabular.regressor          `TabularRegressor`: regression of raw tables

sknn.tabular.ensemble           common to both estimators: a fit in four steps, and prediction
sknn.tabular.parameters         defaults, constraints and documentation of all parameters of both

sknn.tabular.publishing         sets the fitted attributes, between epochs and at the end

sknn.tabular.members            several networks on one matrix, each with its own validation rows
sknn.tabular.scores             the scores by which members keep their best epoch
sknn.tabular.columns_panel      the columns of a table in the notebook display

sknn.tabular.recipe             the network of a member, and how it is trained
sknn.tabular.reading            checks X, columns and weights, and converts them to rows
sknn.tabular.targets            checks targets, and converts them to the scale of the members

sknn.tabular.piecewise_codes    piecewise-linear codes of all rows, computed once for all epochs
sknn.tabular.encoding           learns from columns how to encode them as the input matrix
sknn.tabular.folds              chooses the training and validation rows of each member
sknn.tabular.calibration        a temperature that calibrates probabilities
sknn.tabular.out_of_fold        predictions of rows by the members that did not train on them

sknn.tabular.frames             reads frames, arrays, lists and sparse matrices column by column

sknn.metrics                    specificity, and all metrics of a confusion matrix for each class

sknn.estimators                 scikit-learn's conventions: parameters, validation, warnings

sknn.estimators.sequential      `SequentialClassifier`, `SequentialRegressor`: any stack of layers
sknn.estimators.cnn             `CNNClassifier`, `CNNRegressor`: blocks of convolution and pooling
sknn.estimators.mlp             `MLPClassifier`, `MLPRegressor`: parameters and documentation

sknn.estimators.classifier      classification: encodes labels, predicts labels and probabilities
sknn.estimators.regressor       regression: reads and predicts continuous targets

sknn.estimators.base            common to all estimators: a fit in four steps, and prediction
sknn.estimators.labels          encoding, probabilities and decisions for each kind of labels

sknn.estimators.by_hand         weights set manually on an estimator that was never fitted

sknn.estimators.panel           the notebook display of an estimator

sknn.estimators.panel.html      the boxes of the network in that display

sknn.estimators.panel.charts    the line charts in that display
sknn.estimators.panel.markup    tables, notes and findings as escaped HTML in the page's colours

sknn.estimators.meeting         decides whether a fit runs immediately or in a room with others
sknn.estimators.reading         checks X, y and sample_weight, and converts them to rows
sknn.estimators.publishing      sets the fitted attributes of an estimator
sknn.estimators.reports         warnings and errors at the end of training
sknn.estimators.callbacks       adapts training to scikit-learn's callbacks
sknn.estimators.checkpoints     writes and reads the checkpoints of a fit
sknn.estimators.starts          where a fit starts: fresh, warm, from the last call, or resumed

sknn.estimators.poor_fits       detects fits that end worse than they began or than a constant

sknn.estimators.parameters      defaults, constraints and documentation of all parameters

sknn.estimators.divergence      finds the cause of divergence, if the data and settings show one
sknn.estimators.validation      held-out samples and the score on them
sknn.estimators.solvers         creates optimisers and schedules from the names of parameters
sknn.estimators.images          images as input, flattened or not, integer or float

sknn.estimators.hidden_layers   creates the hidden layers from the parameters
sknn.estimators.raw_tables      names columns that contain text or missing values in errors

sknn.estimators.scales          checks whether X_val is scaled like X
sknn.estimators.newest          `NewestSplit`: holds out the newest rows
sknn.estimators.pixels          detects images whose axes or pixel values are probably wrong
sknn.estimators.inputs          rejects invalid input that scikit-learn's validation accepts
sknn.estimators.rollback        restores an estimator after a failed fit

sknn.warning                    warnings that point at the user's line of code

sknn.scikit_learn               scikit-learn's private names, and differences between its versions

sknn.scikit_learn.private_names     the only module that imports private names of scikit-learn

sknn.scikit_learn.callback_protocol     callbacks for scikit-learn before 1.9, which has none
sknn.scikit_learn.weights               rejects weights that are all zero, as scikit-learn 1.9 does
sknn.scikit_learn.stored_classes        the classes and functions that saved pipelines may contain

sknn.nn                         the core, which works on arrays and does not know the estimators

sknn.nn.in_step                 fits that train epoch by epoch, with one checkpoint of all of them

sknn.nn.together                trains networks of one shape in one pass, with the same results

sknn.nn.grouping                groups fits that can, and should, train in one pass
sknn.nn.rows_of_models          the rows of several models as one source

sknn.nn.fit                     one fit: its ingredients, the run, and the result

sknn.nn.local_steps             an epoch of replicas, one per shard, averaged every few steps
sknn.nn.lbfgs                   the loop over iterations: full batches through SciPy's L-BFGS-B

sknn.nn.training                the loop over epochs: steps, stopping rules, best weights, history

sknn.nn.plan                    the settings of training
sknn.nn.training_state          the state that training carries from epoch to epoch

sknn.nn.storage                 files: saved models and checkpoints

sknn.nn.storage.checkpoint      the state of training in a file, from which it can continue

sknn.nn.storage.values          converts values to JSON and arrays, and back

sknn.nn.storage.bounds          limits the memory that the values of a file can take
sknn.nn.storage.parts           checks that the parts of a checkpoint are consistent
sknn.nn.storage.registry        objects that are stored as a class name and arguments

sknn.nn.storage.container       arrays and a JSON document in one file, checked when it is read

sknn.nn.storage.files           replaces files completely or not at all
sknn.nn.storage.formats         recognises files of other programs by their first bytes

sknn.nn.augmentation            random shifts and flips of training images
sknn.nn.summary                 kind, output shape and cost of each layer

sknn.nn.shards                  rows in shards of several processes, and their gradient

sknn.nn.receptive_field         the part of the image on which a value in a network depends
sknn.nn.gradient                loss and gradient of a mini-batch; runs micro-batches on threads

sknn.nn.model                   a network with its weights, which can predict and be pickled

sknn.nn.table                   `TableInput`: inputs with several kinds of columns
sknn.nn.residual                `Residual`: layers with a shortcut around them

sknn.nn.composite               `Composite`: layers that consist of layers

sknn.nn.network                 layers in sequence over one vector of parameters

sknn.nn.layers                  layers, one file for each kind

sknn.nn.layers.convolution      convolution, alone and fused with max-pooling
sknn.nn.layers.normalization    batch and layer normalisation

sknn.nn.layers.normalized_images batch normalisation, activation and pooling, block by block
sknn.nn.layers.quads            convolution of few channels, four windows at a time

sknn.nn.layers.dense            the fully connected layer
sknn.nn.layers.pooling          max-pooling, average pooling and global average pooling
sknn.nn.layers.activate         an activation function as a separate layer
sknn.nn.layers.shaping          `Flatten`
sknn.nn.layers.dropout          dropout
sknn.nn.layers.scale            a factor for each input
sknn.nn.layers.embedding        embeds integer codes as learned vectors
sknn.nn.layers.periodic         embeds numbers as cosines of learned frequencies
sknn.nn.layers.piecewise        embeds numbers as piecewise-linear functions
sknn.nn.layers.columns          convolution as one matrix product
sknn.nn.layers.lines            convolution as one product for each row of the kernel
sknn.nn.layers.winograd         3 x 3 convolution with fewer multiplications

sknn.nn.layers.base             the base class of layers
sknn.nn.layers.windows          windows that slide over images
sknn.nn.layers.products         products of matrices with many rows, in pieces

sknn.nn.constant                the loss of a constant prediction
sknn.nn.blocks                  training rows in blocks, of which two are in memory

sknn.nn.batches                 training rows, batch by batch
sknn.nn.sparse_rows             rows that are stored sparsely and read as dense rows
sknn.nn.threads                 limits BLAS to one thread, and distributes work over threads
sknn.nn.passes                  the information that layers receive about a pass
sknn.nn.streams                 random numbers for dropout, separate from scikit-learn's draws

sknn.nn.optimizers              SGD, Adam and others: one step over the whole vector

sknn.nn.schedules               schedules of the learning rate, of dropout and of weight decay

sknn.nn.losses                  losses, each with its link from raw outputs to predictions

sknn.nn.stopping                decides when to stop, which weights to keep and which models go on

sknn.nn.activations             activation functions and their derivatives

sknn.nn.workspace               arrays that are reused in every step
sknn.nn.cached                  attributes that are computed once, without a lock

sknn.nn.initializers            initial weights

sknn.nn.tree                    sums over shards, added along one fixed tree
sknn.nn.parameters              parameters and statistics of layers, and their places in the vector

sknn.nn.settings                objects that are defined by the arguments of their constructor
sknn.nn.memory                  size of the memory, and sizes of arrays in readable units

sknn.nn.ranges                  ranges of valid values for these arguments
sknn.nn.per_model               settings that can differ between models trained together
sknn.nn.names                   names that other packages and texts use, and their names in sknn

sknn.typing                     types shared by the hints of several modules
"""


def read(text):
    """[{module: purpose} of each floor], from the top."""
    floors = [block.splitlines() for block in text.strip().split("\n\n")]
    return [dict(line.split(maxsplit=1) for line in floor) for floor in floors]


FLOORS = read(LIST)


def package_of(module):
    return module.rpartition(".")[0]


def packages(floors):
    """The modules that contain other modules, from the top."""
    modules = [module for floor in floors for module in floor]
    return [module for module in modules if module in set(map(package_of, modules))]


def drawing(floors):
    """Draws one line for each floor, indented by package."""
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
    """Writes the purpose of each package, followed by a table of its modules."""
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
    """Removes the backticks of Markdown."""
    return text.replace("`", "")


def written(page, floors=FLOORS):
    """Returns the page with the drawing and the tables of these floors."""
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
    """Writes the page, or checks whether it is up to date. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write docs/architecture.md")
    page = PAGE.read_text(encoding="utf-8")
    if parser.parse_args().write:
        PAGE.write_text(written(page), encoding="utf-8")
    elif written(page) != page:
        print(f"{PAGE} does not match the list of floors. Run this script with --write.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
