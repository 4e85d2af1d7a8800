"""A beginner's commonest mistakes: minitorch raises torch's exception with torch's sentence, or gives torch's warning.

Each function below makes one mistake in the library it is given; its name says which. What torch's generated argument
parser writes is compared by type alone (see twin.py).
"""

import copy
import re
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from twin import PARSER, outcome

import minitorch

MISTAKES, WARNINGS = {}, {}

# Names that differ for good: torch's layers lie one folder deeper, and each library lists its own kinds of device.
OWN = re.compile(r"(?<=torch\.nn\.)modules\.|(?<=Expected one of ).*(?= device type)")


def mistake(script):
    """Enter a script that raises."""
    assert script.__name__ not in MISTAKES
    MISTAKES[script.__name__] = script


def warned(script):
    """Enter a script that only warns."""
    assert script.__name__ not in WARNINGS
    WARNINGS[script.__name__] = script


# ---------------------------------------------------------------- shapes


@mistake
def linear_of_the_wrong_width(t):
    t.nn.Linear(784, 10)(t.zeros(32, 1, 32, 32).flatten(1))


@mistake
def linear_after_a_flatten_of_the_wrong_size(t):
    t.nn.Sequential(t.nn.Conv2d(1, 8, 3), t.nn.Flatten(), t.nn.Linear(8 * 28 * 28, 10))(t.zeros(2, 1, 28, 28))


@mistake
def linear_of_one_sample_of_the_wrong_width(t):
    t.nn.Linear(4, 2)(t.zeros(3))


@mistake
def matmul_of_unequal_inner_sizes(t):
    t.ones(2, 3) @ t.ones(2, 3)


@mistake
def matmul_of_unequal_vectors(t):
    t.ones(2) @ t.ones(3)


@mistake
def matmul_of_a_matrix_and_a_vector(t):
    t.ones(2, 3) @ t.ones(2)


@mistake
def matmul_with_a_number(t):
    t.matmul(t.ones(2, 3), t.tensor(2.0))


@mistake
def matmul_of_unequal_batches(t):
    t.ones(2, 3, 4) @ t.ones(5, 4, 3)


@mistake
def mm_of_batches(t):
    t.mm(t.ones(2, 3, 4), t.ones(2, 4, 3))


@mistake
def bmm_of_matrices(t):
    t.bmm(t.ones(3, 4), t.ones(4, 3))


@mistake
def bmm_of_unequal_batches(t):
    t.bmm(t.ones(2, 3, 4), t.ones(3, 4, 3))


@mistake
def dot_of_matrices(t):
    t.dot(t.ones(2, 2), t.ones(2, 2))


@mistake
def dot_of_unequal_vectors(t):
    t.dot(t.ones(2), t.ones(3))


@mistake
def addition_of_unequal_sizes(t):
    t.ones(3) + t.ones(4)


@mistake
def product_that_does_not_broadcast(t):
    t.ones(8, 3) * t.ones(8)


@mistake
def in_place_addition_that_would_grow(t):
    t.ones(3).add_(t.ones(2, 3))


@mistake
def view_of_the_wrong_size(t):
    t.arange(6).view(4, 2)


@mistake
def reshape_of_the_wrong_size(t):
    t.arange(6).reshape(4, -1)


@mistake
def view_with_two_free_sizes(t):
    t.arange(6).view(-1, -1)


@mistake
def view_of_a_transpose(t):
    t.ones(2, 3).t().view(6)


@mistake
def transposing_a_batch_with_t(t):
    t.ones(2, 3, 4).t()


@mistake
def permute_of_too_few_dimensions(t):
    t.ones(2, 3, 4).permute(1, 0)


@mistake
def permute_of_a_repeated_dimension(t):
    t.ones(2, 3, 4).permute(0, 1, 1)


@mistake
def expand_of_a_size_above_one(t):
    t.ones(2, 3).expand(2, 6)


@mistake
def repeat_of_too_few_dimensions(t):
    t.ones(2, 3).repeat(2)


@mistake
def repeat_of_negative_times(t):
    t.ones(2, 3).repeat(-1, 1)


@mistake
def repeat_interleave_of_negative_times(t):
    t.ones(2).repeat_interleave(-1)


@mistake
def cat_of_unequal_sizes(t):
    t.cat([t.ones(2, 3), t.ones(2, 4)])


@mistake
def cat_of_unequal_dimensions(t):
    t.cat([t.ones(2, 3), t.ones(3)])


@mistake
def cat_of_nothing(t):
    t.cat([])


@mistake
def cat_of_numbers(t):
    t.cat([t.tensor(1.0), t.tensor(2.0)])


@mistake
def cat_of_a_tensor(t):
    t.cat(t.ones(2, 3))


@mistake
def stack_of_unequal_sizes(t):
    t.stack([t.ones(3), t.ones(4)])


@mistake
def stack_of_nothing(t):
    t.stack([])


@mistake
def unpacking_too_few_chunks(t):
    _q, _k, _v = t.ones(4, 2).chunk(3)


@mistake
def split_into_wrong_sizes(t):
    t.ones(5).split([2, 2])


@mistake
def dimension_out_of_range(t):
    t.ones(2, 3).sum(2)


@mistake
def softmax_along_a_missing_dimension(t):
    t.softmax(t.ones(3), dim=1)


@mistake
def argmax_along_a_missing_dimension(t):
    t.ones(3).argmax(dim=1)


@mistake
def unsqueeze_too_far(t):
    t.ones(3).unsqueeze(3)


@mistake
def negative_size(t):
    t.zeros(3, -1)


@mistake
def max_of_nothing(t):
    t.zeros(0).max()


@mistake
def argmax_of_nothing(t):
    t.zeros(0).argmax()


# ---------------------------------------------------------------- layers


@mistake
def conv_of_the_wrong_channels(t):
    t.nn.Conv2d(3, 8, 3)(t.zeros(2, 1, 28, 28))


@mistake
def conv_of_channels_last_images(t):
    t.nn.Conv2d(3, 8, 3)(t.zeros(2, 28, 28, 3))


@mistake
def conv_of_a_flat_batch(t):
    t.nn.Conv2d(1, 8, 3)(t.zeros(32, 784))


@mistake
def conv_of_an_image_without_a_channel(t):
    t.nn.Conv2d(3, 8, 3)(t.zeros(28, 28, 3))


@mistake
def conv_kernel_larger_than_the_image(t):
    t.nn.Conv2d(1, 8, 5)(t.zeros(2, 1, 4, 4))


@mistake
def conv1d_of_the_wrong_layout(t):
    t.nn.Conv1d(16, 8, 3)(t.zeros(4, 100, 16))


@mistake
def conv_transpose_of_the_wrong_channels(t):
    t.nn.ConvTranspose2d(4, 2, 2)(t.zeros(1, 3, 5, 5))


@mistake
def conv_groups_that_do_not_divide(t):
    t.nn.Conv2d(3, 8, 3, groups=2)


@mistake
def pool_of_too_small_an_image(t):
    t.nn.MaxPool2d(2)(t.zeros(2, 8, 1, 1))


@mistake
def pool_of_a_flat_batch(t):
    t.nn.MaxPool2d(2)(t.zeros(32, 64))


@mistake
def average_pool_of_too_small_an_image(t):
    t.nn.AvgPool2d(4)(t.zeros(2, 8, 3, 3))


@mistake
def batch_norm_of_one_sample(t):
    t.nn.BatchNorm1d(4)(t.zeros(1, 4))


@mistake
def batch_norm_of_the_wrong_dimensions(t):
    t.nn.BatchNorm2d(4)(t.zeros(8, 4))


@mistake
def batch_norm1d_of_images(t):
    t.nn.BatchNorm1d(4)(t.zeros(8, 4, 2, 2))


@mistake
def batch_norm_of_the_wrong_channels(t):
    t.nn.BatchNorm2d(4)(t.zeros(8, 3, 2, 2))


@mistake
def layer_norm_of_the_wrong_size(t):
    t.nn.LayerNorm(5)(t.zeros(2, 3, 4))


@mistake
def group_norm_of_uneven_groups(t):
    t.nn.GroupNorm(3, 4)


@mistake
def group_norm_of_the_wrong_channels(t):
    t.nn.GroupNorm(2, 4)(t.zeros(2, 6, 3, 3))


@mistake
def dropout_of_a_percentage(t):
    t.nn.Dropout(50)


@mistake
def lstm_of_the_wrong_width(t):
    t.nn.LSTM(10, 20)(t.zeros(5, 3, 8))


@mistake
def lstm_of_images(t):
    t.nn.LSTM(10, 20)(t.zeros(5, 3, 8, 10))


@mistake
def lstm_of_a_state_of_the_wrong_size(t):
    t.nn.LSTM(10, 20)(t.zeros(5, 3, 10), (t.zeros(1, 4, 20), t.zeros(1, 4, 20)))


@mistake
def gru_of_a_state_without_layers(t):
    t.nn.GRU(10, 20)(t.zeros(5, 3, 10), t.zeros(3, 20))


@mistake
def attention_heads_that_do_not_divide(t):
    t.nn.MultiheadAttention(10, 3)


@mistake
def attention_of_the_wrong_width(t):
    t.nn.MultiheadAttention(8, 2)(t.zeros(5, 3, 6), t.zeros(5, 3, 6), t.zeros(5, 3, 6))


@mistake
def attention_mask_of_the_wrong_size(t):
    x = t.zeros(5, 3, 8)
    t.nn.MultiheadAttention(8, 2)(x, x, x, attn_mask=t.zeros(4, 4))


@mistake
def embedding_index_out_of_range(t):
    t.nn.Embedding(10, 4)(t.tensor([[1, 10]]))


@mistake
def embedding_of_floats(t):
    t.nn.Embedding(10, 4)(t.tensor([1.0, 2.0]))


@mistake
def embedding_padding_outside_the_table(t):
    t.nn.Embedding(10, 4, padding_idx=10)


@mistake
def upsample_without_a_size(t):
    t.nn.functional.interpolate(t.zeros(1, 1, 4, 4))


@mistake
def upsample_by_the_wrong_mode(t):
    t.nn.functional.interpolate(t.zeros(1, 4, 4), scale_factor=2, mode="bilinear")


# ---------------------------------------------------------------- losses


@mistake
def cross_entropy_of_unequal_batches(t):
    t.nn.functional.cross_entropy(t.zeros(4, 3), t.zeros(5, dtype=t.long))


@mistake
def cross_entropy_of_float_targets(t):
    t.nn.functional.cross_entropy(t.zeros(4, 3), t.zeros(4))


@mistake
def cross_entropy_of_int32_targets(t):
    t.nn.functional.cross_entropy(t.zeros(4, 3), t.zeros(4, dtype=t.int32))


@mistake
def cross_entropy_of_a_column_of_targets(t):
    t.nn.functional.cross_entropy(t.zeros(4, 3), t.zeros(4, 1, dtype=t.long))


@mistake
def cross_entropy_of_one_hot_integers(t):
    t.nn.functional.cross_entropy(t.zeros(4, 3), t.nn.functional.one_hot(t.tensor([0, 1, 2, 0]), 3))


@mistake
def cross_entropy_of_a_class_too_many(t):
    t.nn.functional.cross_entropy(t.zeros(4, 3), t.tensor([0, 1, 2, 3]))


@mistake
def cross_entropy_of_a_negative_class(t):
    t.nn.functional.cross_entropy(t.zeros(4, 3), t.tensor([0, 1, 2, -1]))


@mistake
def cross_entropy_of_unequal_images(t):
    t.nn.functional.cross_entropy(t.zeros(2, 3, 4, 4), t.zeros(2, 5, 5, dtype=t.long))


@mistake
def cross_entropy_of_swapped_arguments(t):
    t.nn.functional.cross_entropy(t.tensor([0, 1, 2, 0]), t.zeros(4, 3))


@mistake
def cross_entropy_of_the_wrong_number_of_weights(t):
    t.nn.CrossEntropyLoss(weight=t.ones(2))(t.zeros(4, 3), t.zeros(4, dtype=t.long))


@mistake
def cross_entropy_of_a_sequence_with_classes_last(t):
    t.nn.functional.cross_entropy(t.zeros(2, 7, 3), t.zeros(2, 7, dtype=t.long))


@mistake
def nll_of_unequal_batches(t):
    t.nn.functional.nll_loss(t.zeros(4, 3), t.zeros(5, dtype=t.long))


@mistake
def nll_of_float_targets(t):
    t.nn.NLLLoss()(t.zeros(4, 3), t.zeros(4))


@mistake
def bce_of_unequal_sizes(t):
    t.nn.BCELoss()(t.full((4, 1), 0.5), t.ones(4))


@mistake
def bce_of_logits(t):
    t.nn.BCELoss()(t.tensor([2.5, -1.0]), t.ones(2))


@mistake
def bce_of_integer_targets(t):
    t.nn.BCELoss()(t.tensor([0.5, 0.5]), t.tensor([0, 1]))


@mistake
def bce_of_class_numbers(t):
    t.nn.BCELoss()(t.tensor([0.5, 0.5]), t.tensor([0.0, 2.0]))


@mistake
def bce_with_logits_of_unequal_sizes(t):
    t.nn.BCEWithLogitsLoss()(t.zeros(4, 1), t.ones(4))


@mistake
def mse_of_sizes_that_do_not_broadcast(t):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t.nn.MSELoss()(t.zeros(4, 3), t.zeros(4))


@mistake
def mse_of_integers(t):
    t.nn.MSELoss()(t.ones(3, requires_grad=True), t.ones(3, dtype=t.long)).backward(t.ones(3))


@mistake
def unknown_reduction(t):
    t.nn.MSELoss(reduction="average")(t.zeros(3), t.zeros(3))


@mistake
def loss_class_called_with_data(t):
    t.nn.CrossEntropyLoss(t.zeros(4, 3), t.tensor([0, 1, 2, 0]))


@mistake
def loss_called_without_a_target(t):
    t.nn.CrossEntropyLoss()(t.zeros(4, 3))


@mistake
def cross_entropy_of_a_number(t):
    t.nn.CrossEntropyLoss()(t.zeros(4, 3), 0)


@mistake
def cross_entropy_of_weights_in_a_list(t):
    t.nn.CrossEntropyLoss(weight=[1.0, 2.0, 3.0])


@mistake
def kl_div_of_sizes_that_do_not_broadcast(t):
    t.nn.functional.kl_div(t.zeros(4, 3), t.zeros(4, 2), reduction="sum")


# ---------------------------------------------------------------- dtypes


@mistake
def linear_of_doubles(t):
    t.nn.Linear(3, 2)(t.zeros(4, 3, dtype=t.float64))


@mistake
def linear_of_integers(t):
    t.nn.Linear(3, 2)(t.ones(4, 3, dtype=t.long))


@mistake
def linear_of_bytes(t):
    t.nn.Linear(3, 2)(t.ones(4, 3, dtype=t.uint8))


@mistake
def linear_of_an_array(t):
    t.nn.Linear(3, 2)(np.zeros((4, 3), np.float32))


@mistake
def linear_of_a_list(t):
    t.nn.Linear(3, 2)([1.0, 2.0, 3.0])


@mistake
def conv_of_an_array(t):
    t.nn.Conv2d(1, 2, 3)(np.zeros((1, 1, 5, 5), np.float32))


@mistake
def relu_of_an_array(t):
    t.relu(np.zeros(3))


@mistake
def cross_entropy_of_array_targets(t):
    t.nn.functional.cross_entropy(t.zeros(4, 3), np.zeros(4, np.int64))


@mistake
def exp_of_an_array(t):
    t.exp(np.zeros(3))


@mistake
def mean_of_a_list(t):
    t.mean([1.0, 2.0])


@mistake
def stack_of_numbers(t):
    t.stack([1.0, 2.0])


@mistake
def cat_of_lists(t):
    t.cat([[1.0], [2.0]])


@mistake
def stack_of_arrays(t):
    t.stack([np.ones(2), np.ones(2)])


@mistake
def maximum_with_a_number(t):
    t.maximum(t.ones(2), 0.0)


@mistake
def matmul_with_an_array(t):
    t.matmul(t.ones(2, 2), np.ones((2, 2)))


@mistake
def embedding_of_a_list(t):
    t.nn.Embedding(10, 4)([1, 2])


@mistake
def dropout_of_an_array(t):
    t.nn.Dropout()(np.zeros(3))


@mistake
def max_pool_of_an_array(t):
    t.nn.MaxPool2d(2)(np.zeros((1, 1, 4, 4)))


@mistake
def average_pool_of_an_array(t):
    t.nn.functional.avg_pool2d(np.zeros((1, 1, 4, 4)), 2)


@mistake
def layer_norm_of_an_array(t):
    t.nn.LayerNorm(3)(np.zeros((2, 3)))


@mistake
def batch_norm_of_an_array(t):
    t.nn.BatchNorm1d(3)(np.zeros((2, 3)))


@mistake
def softmax_of_a_list(t):
    t.softmax([1.0, 2.0], dim=0)


@mistake
def padding_of_an_array(t):
    t.nn.functional.pad(np.zeros((2, 2)), (1, 1))


@mistake
def mse_of_arrays(t):
    t.nn.MSELoss()(np.zeros(3), np.zeros(3))


@mistake
def mse_of_a_number(t):
    t.nn.MSELoss()(t.zeros(3), 1.0)


@mistake
def bce_of_an_array(t):
    t.nn.BCELoss()(t.full((3,), 0.5), np.zeros(3))


@mistake
def nll_of_an_array(t):
    t.nn.NLLLoss()(t.zeros(4, 3), np.zeros(4, np.int64))


@mistake
def cosine_similarity_with_an_array(t):
    t.nn.functional.cosine_similarity(t.zeros(2, 3), np.zeros((2, 3)))


@mistake
def interpolation_of_an_array(t):
    t.nn.functional.interpolate(np.zeros((1, 1, 2, 2)), scale_factor=2)


@mistake
def sum_along_a_name(t):
    t.ones(2, 3).sum("rows")


@mistake
def device_that_is_no_name(t):
    t.zeros(2, device=0.5)


@mistake
def tensor_of_a_dtype_by_name(t):
    t.zeros(2, dtype="float32")


@mistake
def calling_a_tensor(t):
    t.ones(2)()


@mistake
def dtype_called(t):
    t.ones(2).float32()


@mistake
def hash_in_a_dictionary_of_a_list(t):
    {[t.ones(2)]: 1}


@mistake
def ordering_of_mixed_sizes(t):
    return t.ones(2) < t.ones(3)


@mistake
def equality_of_mixed_sizes(t):
    return t.ones(2) == t.ones(3)


@mistake
def where_of_sizes_that_do_not_broadcast(t):
    t.where(t.ones(2) > 0, t.ones(3), t.zeros(3))


@mistake
def max_with_a_list(t):
    max(t.ones(2), t.ones(2))


@mistake
def squeeze_of_a_missing_dimension(t):
    t.ones(1, 3).squeeze(2)


@mistake
def flatten_the_wrong_way(t):
    t.ones(2, 3, 4).flatten(2, 1)


@mistake
def reduction_named_twice(t):
    t.ones(2, 3).sum((0, 0))


@mistake
def triangle_of_a_vector(t):
    t.ones(3).tril()


@mistake
def diagonal_of_a_vector(t):
    t.ones(3).diagonal()


@mistake
def copy_of_the_wrong_size(t):
    t.zeros(3).copy_(t.ones(2))


@mistake
def fill_with_many(t):
    t.zeros(3).fill_(t.ones(2))


@mistake
def einsum_of_unequal_sizes(t):
    t.einsum("ij,jk->ik", t.ones(2, 3), t.ones(2, 3))


@mistake
def einsum_of_too_many_letters(t):
    t.einsum("ijk->i", t.ones(2, 3))


@mistake
def einsum_of_too_few_tensors(t):
    t.einsum("ij,jk->ik", t.ones(2, 3))


@mistake
def double_linear_of_floats(t):
    t.nn.Linear(3, 2).double()(t.zeros(4, 3))


@mistake
def conv_of_doubles(t):
    t.nn.Conv2d(1, 2, 3)(t.zeros(1, 1, 5, 5, dtype=t.float64))


@mistake
def conv_of_bytes(t):
    t.nn.Conv2d(3, 2, 3)(t.zeros(1, 3, 5, 5, dtype=t.uint8))


@mistake
def lstm_of_doubles(t):
    t.nn.LSTM(3, 2)(t.zeros(4, 1, 3, dtype=t.float64))


@mistake
def matmul_of_mixed_dtypes(t):
    t.ones(2, 2) @ t.ones(2, 2, dtype=t.long)


@mistake
def dot_of_mixed_dtypes(t):
    t.dot(t.ones(2), t.ones(2, dtype=t.float64))


@mistake
def batch_matmul_of_mixed_dtypes(t):
    t.bmm(t.ones(2, 2, 2), t.ones(2, 2, 2, dtype=t.float64))


@mistake
def mean_of_integers(t):
    t.arange(4).mean()


@mistake
def mean_of_booleans(t):
    (t.arange(4) > 1).mean(0)


@mistake
def std_of_integers(t):
    t.arange(4).std()


@mistake
def softmax_of_integers(t):
    t.softmax(t.arange(4), dim=0)


@mistake
def log_softmax_of_integers(t):
    t.nn.functional.log_softmax(t.arange(4), dim=-1)


@mistake
def norm_of_integers(t):
    t.arange(4).norm()


@mistake
def normal_noise_like_integers(t):
    t.randn_like(t.arange(4))


@mistake
def relu_of_booleans(t):
    t.relu(t.tensor([True, False]))


@mistake
def subtraction_of_booleans(t):
    t.tensor([True]) - t.tensor([True])


@mistake
def negation_of_booleans(t):
    -t.tensor([True])


@mistake
def inversion_of_floats(t):
    ~t.tensor([1.0])


@mistake
def bitwise_and_of_floats(t):
    t.tensor([1.0]) & t.tensor([1.0])


@mistake
def in_place_division_of_integers(t):
    x = t.arange(4)
    x /= 2


@mistake
def in_place_addition_of_floats_to_integers(t):
    x = t.arange(4)
    x += 0.5


@mistake
def negative_power_of_integers(t):
    t.arange(1, 4) ** -1


@mistake
def remainder_by_zero(t):
    t.arange(3) % t.tensor(0)


@mistake
def integer_division_by_zero(t):
    t.arange(3) // t.tensor(0)


@mistake
def gradient_of_integers(t):
    t.tensor([1, 2], requires_grad=True)


@mistake
def gradient_of_integers_by_method(t):
    t.arange(3).requires_grad_()


@mistake
def parameter_of_integers(t):
    t.nn.Parameter(t.arange(3))


@mistake
def one_hot_of_floats(t):
    t.nn.functional.one_hot(t.tensor([0.0, 1.0]))


@mistake
def one_hot_of_negatives(t):
    t.nn.functional.one_hot(t.tensor([0, -1]))


@mistake
def one_hot_of_a_class_too_many(t):
    t.nn.functional.one_hot(t.tensor([0, 3]), 3)


@mistake
def where_of_an_integer_condition(t):
    t.where(t.tensor([1.0, 0.0]), t.ones(2), t.zeros(2))


@mistake
def masked_fill_with_an_integer_mask(t):
    t.zeros(2).masked_fill(t.tensor([0, 1]), -1.0)


@mistake
def masked_fill_of_infinity_into_integers(t):
    t.zeros(2, dtype=t.long).masked_fill(t.tensor([True, False]), float("-inf"))


@mistake
def lerp_of_mixed_dtypes(t):
    t.lerp(t.zeros(2), t.ones(2, dtype=t.float64), 0.5)


@mistake
def bernoulli_of_logits(t):
    t.bernoulli(t.tensor([2.0, -1.0]))


@mistake
def multinomial_of_logits(t):
    t.multinomial(t.tensor([1.0, -1.0]), 1)


@mistake
def multinomial_of_nothing(t):
    t.multinomial(t.zeros(3), 1)


@mistake
def multinomial_of_more_than_there_are(t):
    t.multinomial(t.ones(3), 4)


@mistake
def multinomial_of_integers(t):
    t.multinomial(t.tensor([1, 2]), 1)


@mistake
def empty_range_of_random_integers(t):
    t.randint(3, 3, (2,))


@mistake
def arange_the_wrong_way(t):
    t.arange(3, 0)


# ---------------------------------------------------------------- making tensors, and leaving them


@mistake
def tensor_of_a_list_of_tensors(t):
    t.tensor([t.ones(2), t.ones(2)])


@mistake
def tensor_of_ragged_lists(t):
    t.tensor([[1, 2], [3]])


@mistake
def tensor_of_a_number_among_lists(t):
    t.tensor([[1, 2], 3])


@mistake
def tensor_of_strings(t):
    t.tensor(["a", "b"])


@mistake
def tensor_of_none(t):
    t.tensor([None, 1.0])


@mistake
def tensor_of_a_dictionary(t):
    t.tensor({"a": 1})


@mistake
def tensor_of_too_large_an_integer(t):
    t.tensor([2**70])


@mistake
def tensor_of_a_number_too_large_for_its_dtype(t):
    t.tensor(300, dtype=t.uint8)


@mistake
def tensor_of_objects(t):
    t.from_numpy(np.array([[1], [1, 2]], dtype=object))


@mistake
def tensor_of_a_reversed_array(t):
    t.from_numpy(np.arange(3)[::-1])


@mistake
def from_numpy_of_a_list(t):
    t.from_numpy([1, 2])


@mistake
def item_of_many(t):
    t.ones(3).item()


@mistake
def float_of_many(t):
    float(t.ones(3))


@mistake
def int_of_many(t):
    int(t.ones(3))


@mistake
def format_of_many(t):
    return f"{t.ones(3):.4f}"


@mistake
def truth_of_many(t):
    if t.tensor([1, 2]) == t.tensor([1, 2]):
        pass


@mistake
def truth_of_nothing(t):
    bool(t.zeros(0))


@mistake
def length_of_a_number(t):
    len(t.tensor(1.0))


@mistake
def iteration_over_a_number(t):
    list(t.tensor(1.0))


@mistake
def range_of_a_float_tensor(t):
    range(t.tensor(3.0))


@mistake
def list_index_by_a_float_tensor(t):
    [1, 2, 3][t.tensor(1.0)]


@mistake
def numpy_of_a_tensor_that_requires_grad(t):
    t.ones(2, requires_grad=True).numpy()


@mistake
def numpy_function_of_a_tensor_that_requires_grad(t):
    np.sum(np.asarray(t.ones(2, requires_grad=True)))


@mistake
def reading_an_attribute_that_tensors_lack(t):
    return t.ones(2).foo


@mistake
def sum_of_a_list(t):
    t.sum([1.0, 2.0])


@mistake
def adding_a_list(t):
    t.ones(2) + [1.0, 2.0]


@mistake
def adding_a_string(t):
    t.ones(2) + "1"


@mistake
def adding_none(t):
    t.ones(2) + None


@mistake
def sqrt_of_a_number(t):
    t.sqrt(2.0)


@mistake
def clamp_without_limits(t):
    t.ones(2).clamp()


@mistake
def device_that_does_not_exist(t):
    t.zeros(2, device="gpu")


@mistake
def topk_of_more_than_there_are(t):
    t.ones(3).topk(4)


# ---------------------------------------------------------------- CUDA where there is none


@mistake
def moving_to_cuda(t):
    t.ones(2).cuda()


@mistake
def moving_to_cuda_by_name(t):
    t.ones(2).to("cuda")


@mistake
def making_on_cuda(t):
    t.zeros(2, device="cuda")


@mistake
def moving_a_module_to_cuda(t):
    t.nn.Linear(2, 2).cuda()


@mistake
def moving_a_module_to_cuda_by_name(t):
    t.nn.Linear(2, 2).to(t.device("cuda:0"))


@mistake
def naming_the_cuda_device(t):
    t.cuda.get_device_name(0)


# ---------------------------------------------------------------- indexing


@mistake
def index_out_of_range(t):
    t.ones(3)[3]


@mistake
def index_of_too_many_dimensions(t):
    t.ones(3)[0, 0]


@mistake
def index_of_a_number(t):
    t.tensor(1.0)[0]


@mistake
def index_by_a_float(t):
    t.ones(3)[1.0]


@mistake
def index_by_a_float_tensor(t):
    t.ones(3)[t.tensor([0.0, 1.0])]


@mistake
def index_by_a_string(t):
    t.ones(3)["a"]


@mistake
def index_tensor_out_of_range(t):
    t.ones(3)[t.tensor([0, 3])]


@mistake
def mask_of_the_wrong_size(t):
    t.ones(3)[t.tensor([True, False])]


@mistake
def mask_of_the_wrong_shape(t):
    t.ones(2, 3)[t.ones(3, 2) > 0]


@mistake
def index_tensors_that_do_not_broadcast(t):
    t.ones(4, 4)[t.tensor([0, 1]), t.tensor([0, 1, 2])]


@mistake
def slice_with_a_negative_step(t):
    t.ones(3)[::-1]


@mistake
def assignment_of_the_wrong_size(t):
    t.zeros(3)[0:2] = t.ones(3)


@mistake
def masked_assignment_of_the_wrong_size(t):
    t.zeros(3)[t.tensor([True, True, False])] = t.ones(3)


@mistake
def assignment_of_a_list(t):
    t.zeros(3)[0] = [1.0, 2.0]


@mistake
def assignment_out_of_range(t):
    t.zeros(3)[5] = 1.0


@mistake
def deleting_an_element(t):
    del t.zeros(3)[0]


@mistake
def gather_of_unequal_dimensions(t):
    t.ones(2, 3).gather(1, t.tensor([0, 1]))


@mistake
def gather_of_too_many_rows(t):
    t.ones(2, 3).gather(1, t.zeros(3, 1, dtype=t.long))


@mistake
def gather_out_of_range(t):
    t.ones(2, 3).gather(1, t.tensor([[3], [0]]))


@mistake
def scatter_of_float_indices(t):
    t.zeros(2, 3).scatter_(1, t.zeros(2, 1), 1.0)


@mistake
def scatter_out_of_range(t):
    t.zeros(2, 3).scatter_(1, t.tensor([[3], [0]]), 1.0)


@mistake
def scatter_of_mixed_dtypes(t):
    t.zeros(2, 3).scatter_(1, t.tensor([[1], [0]]), t.ones(2, 1, dtype=t.float64))


@mistake
def index_select_of_floats(t):
    t.ones(3).index_select(0, t.tensor([0.0]))


@mistake
def index_select_out_of_range(t):
    t.ones(3).index_select(0, t.tensor([3]))


@mistake
def masked_select_with_an_integer_mask(t):
    t.ones(2).masked_select(t.tensor([0, 1]))


@mistake
def select_out_of_range(t):
    t.ones(2, 3).select(1, 3)


@mistake
def narrow_out_of_range(t):
    t.ones(3).narrow(0, 2, 2)


# ---------------------------------------------------------------- gradients


@mistake
def backward_of_many(t):
    (t.ones(3, requires_grad=True) * 2).backward()


@mistake
def backward_of_nothing_that_requires_grad(t):
    t.ones(3).sum().backward()


@mistake
def backward_under_no_grad(t):
    x = t.ones(3, requires_grad=True)
    with t.no_grad():
        y = x.sum()
    y.backward()


@mistake
def backward_through_argmax(t):
    (t.ones(3, requires_grad=True) * 2).argmax().float().backward()


@mistake
def backward_twice(t):
    y = (t.ones(3, requires_grad=True) ** 2).sum()
    y.backward()
    y.backward()


@mistake
def backward_through_the_last_iteration(t):
    w, h = t.ones(2, requires_grad=True), t.ones(2)
    for _ in range(2):
        h = (h * w).tanh()
        h.sum().backward()


@mistake
def optimizer_step_between_two_backwards(t):
    w1, w2 = t.ones(2, 2, requires_grad=True), t.ones(2, 1, requires_grad=True)
    optimizer, loss = t.optim.SGD([w1, w2], lr=0.1), (t.ones(1, 2) @ w1 @ w2).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    loss.backward()


@mistake
def backward_of_a_gradient_of_the_wrong_shape(t):
    (t.ones(3, requires_grad=True) * 2).backward(t.ones(2))


@mistake
def grad_of_an_unused_input(t):
    x, y = t.ones(2, requires_grad=True), t.ones(2, requires_grad=True)
    t.autograd.grad(x.sum(), y)


@mistake
def grad_of_an_input_without_gradient(t):
    x, y = t.ones(2, requires_grad=True), t.ones(2)
    t.autograd.grad((x * y).sum(), y)


@mistake
def in_place_on_a_leaf(t):
    x = t.ones(3, requires_grad=True)
    x += 1


@mistake
def assignment_into_a_leaf(t):
    x = t.ones(3, requires_grad=True)
    x[0] = 2.0


@mistake
def in_place_on_a_view_of_a_leaf(t):
    t.ones(3, requires_grad=True)[:2].add_(1)


@mistake
def initializing_a_leaf(t):
    t.ones(3, requires_grad=True).normal_()


@mistake
def weight_update_outside_no_grad(t):
    layer = t.nn.Linear(2, 1)
    layer.weight -= 0.1 * t.ones(1, 2)


@mistake
def weight_replaced_by_a_tensor(t):
    t.nn.Linear(2, 1).weight = t.ones(1, 2)


@mistake
def in_place_on_what_sigmoid_saved(t):
    y = t.ones(3, requires_grad=True).sigmoid()
    y += 1
    y.sum().backward()


@mistake
def in_place_on_what_a_product_saved(t):
    x = t.ones(3, requires_grad=True) * 1
    y = x * x
    x.zero_()
    y.sum().backward()


@mistake
def in_place_relu_after_a_layer_that_saved(t):
    x = t.randn(2, 3, requires_grad=True).tanh()
    t.nn.ReLU(inplace=True)(x).sum().backward()


@mistake
def in_place_on_an_expanded_tensor(t):
    t.ones(1).expand(3).add_(t.arange(3))


@mistake
def in_place_on_one_of_several_views(t):
    t.ones(4, requires_grad=True).mul(1).chunk(2)[0].add_(1)


@mistake
def requires_grad_off_for_a_result(t):
    (t.ones(2, requires_grad=True) * 2).requires_grad = False


@mistake
def gradient_of_the_wrong_shape_assigned(t):
    t.ones(3, requires_grad=True).grad = t.ones(2)


@mistake
def gradient_that_is_no_tensor_assigned(t):
    t.ones(3, requires_grad=True).grad = 0


@mistake
def gradient_of_the_wrong_dtype_assigned(t):
    t.ones(3, requires_grad=True).grad = t.ones(3, dtype=t.float64)


@mistake
def deep_copy_of_a_result(t):
    copy.deepcopy(t.ones(3, requires_grad=True) * 2)


@mistake
def in_place_on_an_inference_tensor(t):
    with t.inference_mode():
        x = t.ones(3)
    x.add_(1)


@mistake
def inference_tensor_saved_for_backward(t):
    with t.inference_mode():
        x = t.ones(3)
    x * t.ones(3, requires_grad=True)


@mistake
def gradient_required_of_a_view_of_integers(t):
    t.arange(4).view(2, 2).requires_grad_(True)


@mistake
def hook_on_a_tensor_without_gradient(t):
    t.ones(2).register_hook(print)


@mistake
def retain_grad_without_gradient(t):
    t.ones(2).retain_grad()


@mistake
def autograd_function_of_too_few_gradients(t):
    class Product(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return g
    Product.apply(t.ones(2, requires_grad=True), t.ones(2, requires_grad=True)).sum().backward()


# ---------------------------------------------------------------- modules


@mistake
def module_without_super_init(t):
    class Net(t.nn.Module):
        def __init__(self):
            self.fc = t.nn.Linear(2, 2)
    Net()


@mistake
def parameter_without_super_init(t):
    class Net(t.nn.Module):
        def __init__(self):
            self.w = t.nn.Parameter(t.ones(2))
    Net()


@mistake
def module_without_forward(t):
    class Net(t.nn.Module):
        pass
    Net()(t.ones(2))


@mistake
def module_called_without_its_input(t):
    t.nn.Linear(2, 2)()


@mistake
def module_called_with_too_many_inputs(t):
    t.nn.Linear(2, 2)(t.ones(2), t.ones(2))


@mistake
def attribute_that_a_module_lacks(t):
    t.nn.Linear(2, 2).wieght  # noqa: B018


@mistake
def attribute_that_a_sequential_lacks(t):
    t.nn.Sequential(t.nn.Linear(2, 2)).fc  # noqa: B018


@mistake
def sequential_of_a_list(t):
    t.nn.Sequential([t.nn.Linear(2, 2)])


@mistake
def sequential_of_a_class(t):
    t.nn.Sequential(t.nn.Linear(2, 2), t.nn.ReLU)


@mistake
def sequential_of_a_function(t):
    t.nn.Sequential(t.nn.Linear(2, 2), first_batch)


@mistake
def sequential_index_out_of_range(t):
    t.nn.Sequential(t.nn.Linear(2, 2))[1]


@mistake
def module_list_called(t):
    t.nn.ModuleList([t.nn.Linear(2, 2)])(t.ones(2))


@mistake
def module_list_of_names(t):
    t.nn.ModuleList(["conv", "relu"])


@mistake
def module_dict_of_tensors(t):
    t.nn.ModuleDict({"w": t.ones(2)})


@mistake
def child_with_a_dot_in_its_name(t):
    t.nn.Module().add_module("block.0", t.nn.Linear(2, 2))


@mistake
def parameter_that_requires_a_node(t):
    t.nn.Module().register_parameter("w", t.nn.Parameter(t.ones(2)) * 2)


@mistake
def child_replaced_by_a_tensor(t):
    net = t.nn.Module()
    net.fc = t.nn.Linear(2, 2)
    net.fc = t.ones(2)


@mistake
def module_to_integers(t):
    t.nn.Linear(2, 2).to(t.long)


@mistake
def buffer_that_is_no_tensor(t):
    t.nn.Module().register_buffer("mean", 0.5)


@mistake
def parameter_of_a_list(t):
    t.nn.Parameter([1.0, 2.0])


@mistake
def state_with_missing_and_unexpected_keys(t):
    state = t.nn.Linear(2, 3).state_dict()
    state["wieght"] = state.pop("weight")
    t.nn.Linear(2, 3).load_state_dict(state)


@mistake
def state_saved_from_a_wrapped_module(t):
    net = t.nn.Sequential(t.nn.Linear(2, 3))
    net.load_state_dict({f"module.{k}": v for k, v in net.state_dict().items()})


@mistake
def state_of_another_size(t):
    t.nn.Sequential(t.nn.Linear(2, 3)).load_state_dict(t.nn.Sequential(t.nn.Linear(4, 3)).state_dict())


@mistake
def state_that_is_a_module(t):
    t.nn.Linear(2, 3).load_state_dict(t.nn.Linear(2, 3))


@mistake
def loading_a_file_that_is_missing(t):
    t.load("no_such_file.pt")


@mistake
def one_dimensional_xavier(t):
    t.nn.init.xavier_uniform_(t.empty(3))


@mistake
def unknown_nonlinearity(t):
    t.nn.init.calculate_gain("swish")


@mistake
def clipping_by_a_norm_that_is_not_finite(t):
    w = t.ones(2, requires_grad=True)
    w.grad = t.tensor([float("nan"), 1.0])
    t.nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)


@mistake
def dropout_functional_of_a_percentage(t):
    t.nn.functional.dropout(t.ones(3), 50)


# ---------------------------------------------------------------- optimizers


@mistake
def optimizer_without_parameters(t):
    t.optim.SGD([], lr=0.1)


@mistake
def optimizer_of_a_tensor(t):
    t.optim.Adam(t.nn.Linear(2, 2).weight)


@mistake
def optimizer_of_a_module(t):
    t.optim.Adam(t.nn.Linear(2, 2))


@mistake
def optimizer_of_names(t):
    t.optim.SGD([p.shape for p in t.nn.Linear(2, 2).parameters()], lr=0.1)


@mistake
def optimizer_of_a_result(t):
    t.optim.SGD([t.ones(2, requires_grad=True) * 2], lr=0.1)


@mistake
def optimizer_of_a_parameter_twice(t):
    w = t.nn.Linear(2, 2)
    t.optim.SGD([{"params": w.parameters()}, {"params": [w.weight]}], lr=0.1)


@mistake
def negative_learning_rate(t):
    t.optim.SGD(t.nn.Linear(2, 2).parameters(), lr=-0.1)


@mistake
def momentum_of_the_wrong_kind(t):
    t.optim.Adam(t.nn.Linear(2, 2).parameters(), betas=(0.9, 1.5))


@mistake
def nesterov_without_momentum(t):
    t.optim.SGD(t.nn.Linear(2, 2).parameters(), lr=0.1, nesterov=True)


@mistake
def optimizer_state_of_other_groups(t):
    net = t.nn.Linear(2, 2)
    state = t.optim.SGD([{"params": [net.weight]}, {"params": [net.bias]}], lr=0.1).state_dict()
    t.optim.SGD(net.parameters(), lr=0.1).load_state_dict(state)


@mistake
def optimizer_state_of_another_size(t):
    net = t.nn.Linear(2, 2)
    t.optim.SGD([net.weight], lr=0.1).load_state_dict(t.optim.SGD(net.parameters(), lr=0.1).state_dict())


@mistake
def scheduler_of_a_module(t):
    t.optim.lr_scheduler.StepLR(t.nn.Linear(2, 2), 10)


@mistake
def lbfgs_step_without_a_closure(t):
    t.optim.LBFGS(t.nn.Linear(2, 2).parameters()).step()


@mistake
def plateau_step_without_a_metric(t):
    optimizer = t.optim.SGD(t.nn.Linear(2, 2).parameters(), lr=0.1)
    t.optim.lr_scheduler.ReduceLROnPlateau(optimizer).step()


# ---------------------------------------------------------------- data


class Numbers:
    """A dataset of what it is given."""

    def __init__(self, *items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def first_batch(t, *items, **options):
    return next(iter(t.utils.data.DataLoader(Numbers(*items), batch_size=2, **options)))


@mistake
def samples_of_unequal_sizes(t):
    first_batch(t, t.ones(2), t.ones(3))


@mistake
def samples_that_are_none(t):
    first_batch(t, None, None)


@mistake
def samples_of_unequal_lengths(t):
    first_batch(t, [1, 2], [1])


@mistake
def samples_that_are_objects(t):
    first_batch(t, object(), object())


@mistake
def loader_of_an_empty_dataset_shuffled(t):
    t.utils.data.DataLoader([], shuffle=True)


@mistake
def loader_of_a_batch_size_of_zero(t):
    t.utils.data.DataLoader([1, 2], batch_size=0)


@mistake
def loader_of_a_sampler_and_shuffle(t):
    t.utils.data.DataLoader([1, 2], shuffle=True, sampler=[0, 1])


@mistake
def loader_of_negative_workers(t):
    t.utils.data.DataLoader([1, 2], num_workers=-1)


@mistake
def loader_indexed(t):
    t.utils.data.DataLoader([1, 2])[0]


@mistake
def loader_of_what_has_no_items(t):
    next(iter(t.utils.data.DataLoader(5)))


@mistake
def tensors_of_unequal_length(t):
    t.utils.data.TensorDataset(t.ones(3), t.ones(4))


@mistake
def random_split_of_the_wrong_sizes(t):
    t.utils.data.random_split(range(10), [5, 4])


@mistake
def dataset_without_items(t):
    class Empty(t.utils.data.Dataset):
        def __len__(self):
            return 2
    next(iter(t.utils.data.DataLoader(Empty())))


@mistake
def dataset_without_a_length(t):
    class Endless(t.utils.data.Dataset):
        def __getitem__(self, i):
            return i
    t.utils.data.DataLoader(Endless(), shuffle=True)


# ---------------------------------------------------------------- what only warns


@warned
def mse_that_broadcasts(t):
    t.nn.functional.mse_loss(t.ones(4, 1), t.ones(4))


@warned
def l1_that_broadcasts(t):
    t.nn.L1Loss()(t.ones(4, 1), t.ones(4))


@warned
def transpose_of_a_vector(t):
    return t.ones(3).T


@warned
def grad_of_a_result(t):
    (t.ones(3, requires_grad=True) * 2).grad  # noqa: B018


@warned
def tensor_of_a_tensor(t):
    t.tensor(t.ones(2))


@warned
def softmax_without_a_dimension(t):
    t.nn.functional.softmax(t.ones(3), dim=None)


@warned
def softmax_module_without_a_dimension(t):
    t.nn.Softmax()(t.ones(2, 3))


@warned
def scheduler_before_the_optimizer(t):
    optimizer = t.optim.SGD(t.nn.Linear(2, 2).parameters(), lr=0.1)
    t.optim.lr_scheduler.StepLR(optimizer, 1).step()


@warned
def lstm_dropout_of_one_layer(t):
    t.nn.LSTM(2, 2, dropout=0.5)


@warned
def bool_of_uint8_mask(t):
    t.ones(2)[t.tensor([0, 1], dtype=t.uint8)]


@warned
def float_of_a_leaf(t):
    float(t.ones((), requires_grad=True))


@warned
def kl_div_mean(t):
    t.nn.functional.kl_div(t.zeros(2, 3), t.ones(2, 3), reduction="mean")


@warned
def size_average(t):
    t.nn.MSELoss(size_average=False)


@warned
def std_of_one_value(t):
    t.ones(1).std()


@warned
def tensor_from_a_read_only_array(t):
    t.from_numpy(np.broadcast_to(np.float32(1), (3,)))


@warned
def out_of_the_wrong_size(t):
    t.add(t.ones(3), 1, out=t.zeros(2))


@warned
def initializing_nothing(t):
    t.nn.Linear(0, 2)


@warned
def old_initializer(t):
    t.nn.init.xavier_uniform(t.empty(2, 2))


# ---------------------------------------------------------------- the comparison


@pytest.mark.parametrize("name", MISTAKES)
def test_raises_torchs_error(name):
    if "cuda" in name and torch.version.cuda is not None:
        pytest.skip("this torch is built with CUDA")
    ours, theirs = outcome(minitorch, MISTAKES[name]), outcome(torch, MISTAKES[name])
    assert (ours[0], theirs[0]) == ("error", "error"), f"{ours}, torch gives {theirs}"
    if PARSER.search(theirs[2]):
        ours, theirs = ours[:2], theirs[:2]
    else:
        ours, theirs = ((*each[:2], OWN.sub("", each[2])) for each in (ours, theirs))
    assert ours == theirs


def warnings_of(library, script) -> list[tuple[type, str]]:
    """(category, sentence) of each warning, without the places in torch's C++ that they name."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch\.")  # NumPy's; see device.py
        script(library)
    sentences = [re.sub(r" ?\(Triggered internally at .*", "", str(w.message)) for w in caught]
    return [(w.category, re.sub("minitorch|PyTorch", "torch", sentence)) for w, sentence in zip(caught, sentences)]


@pytest.mark.parametrize("name", WARNINGS)
def test_gives_torchs_warning(name):
    torch.set_warn_always(True)  # what torch says once in a process is wanted here each time
    try:
        theirs = warnings_of(torch, WARNINGS[name])
    finally:
        torch.set_warn_always(False)
    assert theirs, "torch does not warn"
    assert warnings_of(minitorch, WARNINGS[name]) == theirs
