"""What pages share: context, security, lists, forms and charts."""
