// A convolution whose result is clamped, or added to another tensor, while it is still in the
// processor's cache, from a weight that lies as the processor reads it. Libtorch has these for its
// compiler only (oneDNN's post-operations and layouts): a pass of its own reads and writes all of
// the result once more, and a weight that lies otherwise is laid anew at every call.

#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

namespace {

using at::Tensor;

using Operation = std::optional<c10::OperatorHandle>;

Operation find(const char *name, const char *overload) {
  return c10::Dispatcher::singleton().findSchema({name, overload});
}

const Operation &packing() {
  static const auto found = find("mkldnn::_reorder_convolution_weight", "");
  return found;
}

const Operation &clamping() {
  static const auto found = find("mkldnn::_convolution_pointwise", "");
  return found;
}

const Operation &adding() {
  static const auto found = find("mkldnn::_convolution_pointwise_", "binary");
  return found;
}

// Arguments of every convolution, after input and weight.
void push_geometry(torch::jit::Stack &stack, const Tensor &bias, const int64_t padding[2], int64_t stride,
                   int64_t groups) {
  torch::jit::push(stack, std::optional<Tensor>(bias), std::vector<int64_t>{padding[0], padding[1]},
                   std::vector<int64_t>{stride, stride}, std::vector<int64_t>{1, 1}, groups);
}

Tensor call(const c10::OperatorHandle &operation, torch::jit::Stack &stack) {
  operation.callBoxed(stack);
  return stack.back().toTensor();
}

// Null without a message: this libtorch does not have the operation. `*error` becomes a message to
// be freed by the caller if libtorch throws.
template <typename Work>
Tensor *guarded(const Operation &operation, char **error, Work work) {
  try {
    return operation ? new Tensor(work(*operation)) : nullptr;
  } catch (const std::exception &thrown) {
    *error = strdup(thrown.what());
    return nullptr;
  }
}

}  // namespace

// The weight as a convolution of an input of that size wants it to lie.
extern "C" Tensor *whisker_packed_weight(const Tensor *weight, const int64_t padding[2], int64_t stride,
                                         int64_t groups, const int64_t input[4], char **error) {
  return guarded(packing(), error, [&](const c10::OperatorHandle &operation) {
    torch::jit::Stack stack;
    torch::jit::push(stack, *weight, std::vector<int64_t>{padding[0], padding[1]},
                     std::vector<int64_t>{stride, stride}, std::vector<int64_t>{1, 1}, groups,
                     std::optional<std::vector<int64_t>>({input[0], input[1], input[2], input[3]}));
    return call(operation, stack);
  });
}

// The result, within the two limits if there are any.
extern "C" Tensor *whisker_clamped_conv(const Tensor *x, const Tensor *weight, const Tensor *bias,
                                        const int64_t padding[2], int64_t stride, int64_t groups,
                                        const double *limits, char **error) {
  return guarded(clamping(), error, [&](const c10::OperatorHandle &operation) {
    c10::List<std::optional<at::Scalar>> scalars;
    if (limits) {
      scalars.push_back(at::Scalar(limits[0]));
      scalars.push_back(at::Scalar(limits[1]));
    }
    torch::jit::Stack stack;
    torch::jit::push(stack, *x, *weight);
    push_geometry(stack, *bias, padding, stride, groups);
    torch::jit::push(stack, std::string(limits ? "hardtanh" : "none"), scalars,
                     std::optional<std::string>(std::string("")));
    return call(operation, stack);
  });
}

// `sum` plus the result, in place of `sum`.
extern "C" Tensor *whisker_added_conv(const Tensor *sum, const Tensor *x, const Tensor *weight, const Tensor *bias,
                                      const int64_t padding[2], int64_t stride, int64_t groups, char **error) {
  return guarded(adding(), error, [&](const c10::OperatorHandle &operation) {
    torch::jit::Stack stack;
    torch::jit::push(stack, *sum, *x, *weight);
    push_geometry(stack, *bias, padding, stride, groups);
    torch::jit::push(stack, std::string("add"), std::optional<at::Scalar>(), std::optional<std::string>(),
                     c10::List<std::optional<at::Scalar>>(), std::optional<std::string>());
    return call(operation, stack);
  });
}
