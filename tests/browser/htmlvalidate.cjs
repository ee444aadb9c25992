// What every page that is served has to keep; for html-validate, see validators.py.
module.exports = {
  root: true,
  extends: ["html-validate:recommended", "html-validate:a11y", "html-validate:document"],
  rules: {
    // Jinja leaves blanks at the ends of lines where a block says nothing: nobody sees them.
    "no-trailing-whitespace": "off",
    // Everything comes from the page's own host, which the content policy holds to.
    "require-sri": "off",
    // Boxes, buttons and hidden fields of one name are one question with several answers.
    "form-dup-name": "off",
    // A title may name a customer, and customers have the names they have.
    "long-title": "off",
    // A token is nobody's password: a browser should neither keep nor offer one.
    "autocomplete-password": "off",
  },
};
