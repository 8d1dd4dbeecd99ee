using System.Text;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Builds;

public sealed class KeptRecipeTests : IDisposable
{
    private const string Key = "postgres:15/amd64";
    // What only the making of the layer needs.
    private static readonly string[] Left = ["Name", "Packages", "VersionOf", "Drops", "Prefers", "Prune", "Keep", "Users", "Entries"];
    private static readonly Digest Text = new(new string('a', 64)), Layer = new(new string('b', 64)), Image = new(new string('c', 64));

    private readonly string folder = Directory.CreateTempSubdirectory("bolt-kept-").FullName;

    public static TheoryData<string> Recipes => [.. RecipeCatalog.Names];

    [Theory, MemberData(nameof(Recipes))]
    public void All_that_a_start_needs_of_a_recipe_comes_back(string name)
    {
        var recipe = RecipeReader.Read(name, RecipeCatalog.Read(name)!, "1").Value!;
        var back = KeptRecipe.Read(new KeptRecipe(Layer, Image, recipe).ToBytes("mark", Text), "mark", Text)!;
        Assert.Equal((Layer, Image), (back.Layer, back.Image));
        foreach (var member in typeof(Recipe).GetProperties().Where(p => !Left.Contains(p.Name)))
            Assert.Equal(Show(member.GetValue(recipe)), Show(member.GetValue(back.Recipe)));
    }

    [Fact]
    public async Task It_is_good_for_one_text_and_one_state_of_the_lock()
    {
        var paths = new StoragePaths(folder, folder, folder);
        var file = Path.Combine(folder, "bolt.lock");
        var recipe = new KeptRecipe(Layer, Image, RecipeReader.Read("redis", RecipeCatalog.Read("redis")!, "7").Value!);
        await recipe.WriteAsync(paths, LockSession.Of(file), Key, Text, TestContext.Current.CancellationToken);
        Assert.Null(KeptRecipe.Find(paths, LockSession.Of(file), Key, Text));

        File.WriteAllText(file, "one");
        await recipe.WriteAsync(paths, LockSession.Of(file), Key, Text, TestContext.Current.CancellationToken);
        Assert.Equal(Layer, KeptRecipe.Find(paths, LockSession.Of(file), Key, Text)!.Layer);
        Assert.Null(KeptRecipe.Find(paths, LockSession.Of(file), "postgres/amd64", Text));
        Assert.Null(KeptRecipe.Find(paths, LockSession.Of(file), Key, Layer));

        File.WriteAllText(file, "another");
        Assert.Null(KeptRecipe.Find(paths, LockSession.Of(file), Key, Text));
    }

    [Fact]
    public void Torn_or_foreign_bytes_are_as_good_as_none()
    {
        var whole = new KeptRecipe(Layer, Image, RecipeReader.Read("redis", RecipeCatalog.Read("redis")!, "7").Value!).ToBytes("mark", Text);
        for (var length = 8; length < whole.Length; length++)
            Assert.Throws<InvalidDataException>(() => KeptRecipe.Read(whole[..length], "mark", Text));
        Assert.Throws<InvalidDataException>(() => KeptRecipe.Read(Encoding.UTF8.GetBytes("{\"version\": 1}"), "mark", Text));
    }

    [Fact]
    public void A_lock_that_cannot_be_read_is_told_to_whoever_asks_it()
    {
        var file = Path.Combine(folder, "bolt.lock");
        File.WriteAllText(file, "not json");
        var error = Assert.Throws<BoltException>(() => LockSession.Of(file).TryGet(Key));
        Assert.Equal("BOLT2201", error.Diagnostic.Code);
    }

    private static string Show(object? value) =>
        value is System.Collections.IEnumerable all and not string ? string.Join('\n', all.Cast<object>()) : $"{value}";

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
