DROP TABLE product_words, products, categories;
