__all__ = []
scaled_dot_product_attention = None
