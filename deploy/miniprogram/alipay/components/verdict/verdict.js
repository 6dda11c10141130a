// The verdict of a scan: a word, what it means, and which scan it was. Its colour says nothing that the word does not.
Component({
  props: { tone: "quiet", title: "", explain: "", counted: "" },
});
