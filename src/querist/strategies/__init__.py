"""Query strategies: arrays in, utilities or rows out. Pure functions; higher utility means label it sooner."""

from querist.strategies.automatic import auto
from querist.strategies.bandit import bandit
from querist.strategies.bayesian import batch_bald, epig, epig_scores, power_bald
from querist.strategies.cold import zero_shot
from querist.strategies.combine import blend, filtered, ood_guarded, product, stochastic_batch, switch
from querist.strategies.committee import bald, consensus_entropy, kl_to_consensus, variance, vote_entropy
from querist.strategies.contrasts import contrastive, discriminative, falcun
from querist.strategies.coverage import facility_location, max_herding, uncertainty_herding
from querist.strategies.dcom import dcom
from querist.strategies.diversity import k_center, k_means, random
from querist.strategies.divide import divided
from querist.strategies.fisher import bait, variance_reduction, weighted_variance_reduction
from querist.strategies.flips import alfa_mix, drop_query
from querist.strategies.gradients import badge, lcmd
from querist.strategies.guards import ood_discount
from querist.strategies.hybrid import cluster_margin, density_weighted, weighted_k_means
from querist.strategies.laplace import laplace_members
from querist.strategies.lookahead import expected_error_reduction, expected_error_reduction_reweighted
from querist.strategies.model_change import expected_gradient_length, expected_model_change
from querist.strategies.multilabel import cvirs, mmc, multi_label_uncertainty
from querist.strategies.pairs import dueling, pair_disagreement, pair_information, pair_optimal, pair_uncertainty
from querist.strategies.people import active_label, estimate_confusion, ie_thresh, relabel_value, which_annotator
from querist.strategies.rare import active_search, class_balanced, galaxy, positive_first
from querist.strategies.regression import greedy_x, greedy_xy, greedy_y, query_by_variance
from querist.strategies.select import QuotaPicks, guarded_top_k, ranking, top_k, with_quotas
from querist.strategies.similar import similar
from querist.strategies.stochastic import gumbel_top_k
from querist.strategies.structured import box_uncertainty, mnlp, sequence_bald, token_entropy
from querist.strategies.typical import information_density, probcover, typiclust
from querist.strategies.uncertainty import entropy, least_confidence, margin

__all__ = [
    "QuotaPicks",
    "active_label",
    "active_search",
    "alfa_mix",
    "auto",
    "badge",
    "bait",
    "bald",
    "bandit",
    "batch_bald",
    "blend",
    "box_uncertainty",
    "class_balanced",
    "cluster_margin",
    "consensus_entropy",
    "contrastive",
    "cvirs",
    "dcom",
    "density_weighted",
    "discriminative",
    "divided",
    "drop_query",
    "dueling",
    "entropy",
    "epig",
    "epig_scores",
    "estimate_confusion",
    "expected_error_reduction",
    "expected_error_reduction_reweighted",
    "expected_gradient_length",
    "expected_model_change",
    "facility_location",
    "falcun",
    "filtered",
    "galaxy",
    "greedy_x",
    "greedy_xy",
    "greedy_y",
    "guarded_top_k",
    "gumbel_top_k",
    "ie_thresh",
    "information_density",
    "k_center",
    "k_means",
    "kl_to_consensus",
    "laplace_members",
    "lcmd",
    "least_confidence",
    "margin",
    "max_herding",
    "mmc",
    "mnlp",
    "multi_label_uncertainty",
    "ood_discount",
    "ood_guarded",
    "pair_disagreement",
    "pair_information",
    "pair_optimal",
    "pair_uncertainty",
    "positive_first",
    "power_bald",
    "probcover",
    "product",
    "query_by_variance",
    "random",
    "ranking",
    "relabel_value",
    "sequence_bald",
    "similar",
    "stochastic_batch",
    "switch",
    "token_entropy",
    "top_k",
    "typiclust",
    "uncertainty_herding",
    "variance",
    "variance_reduction",
    "vote_entropy",
    "weighted_k_means",
    "weighted_variance_reduction",
    "which_annotator",
    "with_quotas",
    "zero_shot",
]
