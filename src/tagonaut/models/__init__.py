"""Networks: timm backbones, frozen features, heads."""
