// Trains a network in dlib. Reads words from standard input: sgd or adam; the learning rate; the solver's
// numbers (weight_decay, momentum, or weight_decay, momentum1, momentum2); the number of updates, of examples in
// all and in a batch; then each layer's weights (n_in rows of n_out) and biases; then each example's inputs
// and targets. Prints the parameters after training, in the same order, and the cost that it reports.

#include <dlib/dnn.h>

#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

using namespace dlib;

constexpr long inputs = 7, outputs = 3;
using network = loss_mean_squared_multioutput<
    fc<outputs, relu<fc<9, htan<fc<16, input<matrix<float>>>>>>>>;

template <typename solver>
void train(network& net, solver prototype, double rate, long updates, long batch,
           const std::vector<matrix<float>>& X, const std::vector<matrix<float>>& Y) {
    std::vector<solver> solvers(network::num_computational_layers, prototype);
    double reported = 0;
    for (long update = 0; update < updates; ++update) {
        const long first = update * batch % long(X.size());
        resizable_tensor data;
        net.to_tensor(X.begin() + first, X.begin() + first + batch, data);
        reported = net.compute_parameter_gradients(data, Y.begin() + first);
        net.update_parameters(make_sstack(solvers), rate);
    }
    std::cout << reported << "\n";
}

template <typename function>
void each_dense_layer(network& net, function apply) {
    apply(layer<5>(net).layer_details().get_layer_params());
    apply(layer<3>(net).layer_details().get_layer_params());
    apply(layer<1>(net).layer_details().get_layer_params());
}

int main() {
    std::string kind;
    double rate = 0, decay = 0, momentum1 = 0, momentum2 = 0;
    long updates = 0, examples = 0, batch = 0;
    std::cin >> kind >> rate;
    if (kind == "dropout") {  // of ones, at that rate
        dropout_ layer(rate);
        resizable_tensor ones(1, 1000), kept(1, 1000);
        ones = 1;
        layer.forward_inplace(ones, kept);
        for (float value : kept) std::cout << value << "\n";
        return 0;
    }
    std::cin >> decay >> momentum1;
    if (kind == "adam") std::cin >> momentum2;
    std::cin >> updates >> examples >> batch;

    network net;
    {  // The layers get their parameters when they first see data.
        std::vector<matrix<float>> zeros(1, zeros_matrix<float>(inputs, 1));
        resizable_tensor data;
        net.to_tensor(zeros.begin(), zeros.end(), data);
        net.forward(data);
    }
    each_dense_layer(net, [](tensor& parameters) {
        for (float& value : parameters) std::cin >> value;
    });
    std::vector<matrix<float>> X, Y;
    for (long i = 0; i < examples; ++i) {
        matrix<float> x(inputs, 1), y(outputs, 1);
        for (float& value : x) std::cin >> value;
        for (float& value : y) std::cin >> value;
        X.push_back(x);
        Y.push_back(y);
    }
    if (!std::cin) return 1;

    std::cout << std::setprecision(12);
    if (kind == "adam")
        train(net, adam(decay, momentum1, momentum2), rate, updates, batch, X, Y);
    else
        train(net, sgd(decay, momentum1), rate, updates, batch, X, Y);
    each_dense_layer(net, [](tensor& parameters) {
        for (float value : parameters) std::cout << value << "\n";
    });
}
