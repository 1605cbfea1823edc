#!/bin/sh
# Vowpal Wabbit 9.11.9 (Python): with --l2, get_weight does not give the weights of the model.
#
# Expected: a linear model's prediction is the sum of its weights times the features.
# Seen: after --sgd --l2, weights read by get_weight_from_name lack the shrinkage that all of them have in common,
# (1 - rate * l2) an update; predict applies it. The same after save and load. Besides,
# --no_bias_regularization, which --bfgs heeds, changes nothing with --sgd.
#
#     weights' sum 1.6831, prediction 1.5226, ratio 0.9046 (0.995^20 = 0.9046)
#     after save and load: weights' sum 1.6831, prediction 1.5226
#     the constant without and with --no_bias_regularization: 0.8725 0.8725
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" vowpalwabbit==9.11.9 <<'END'
import vowpalwabbit

EXAMPLES = ["1.0 | a:1 b:-1", "2.0 | a:0.5 b:1", "0.5 | a:-1 b:0.3", "1.5 | a:2 b:0.1"] * 5
SGD = "--sgd --learning_rate 0.1 --power_t 0 --l2 0.05 --min_prediction -9 --max_prediction 9 --quiet "


def trained(options):
    workspace = vowpalwabbit.Workspace(SGD + options)
    for example in EXAMPLES:
        workspace.learn(example)
    return workspace


def sums(workspace):
    weights = sum(workspace.get_weight_from_name(name) for name in "ab")
    return weights, workspace.predict("| a:1 b:1")


model = trained("--noconstant")
weights, prediction = sums(model)
ratio, shrinkage = prediction / weights, (1 - 0.1 * 0.05) ** len(EXAMPLES)
print(f"weights' sum {weights:.4f}, prediction {prediction:.4f}, ratio {ratio:.4f} (0.995^20 = {shrinkage:.4f})")
model.save("model")
model.finish()
again = vowpalwabbit.Workspace("-i model --quiet")
loaded = sums(again)
again.finish()
print(f"after save and load: weights' sum {loaded[0]:.4f}, prediction {loaded[1]:.4f}")
constants = []
for options in ("", "--no_bias_regularization"):
    model = trained(options)
    constants.append(model.predict("|"))
    model.finish()
print(f"the constant without and with --no_bias_regularization: {constants[0]:.4f} {constants[1]:.4f}")
assert abs(ratio - shrinkage) < 1e-5 and abs(weights - prediction) > 0.1
assert loaded == (weights, prediction)
assert constants[0] == constants[1] != 0
END
