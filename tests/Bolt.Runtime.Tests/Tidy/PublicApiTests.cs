using System.Text;
using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Bolt.Runtime.Tests.Tidy;

/// <summary>The public surface as a text that is reviewed like code: what a user's program may rely on.</summary>
public partial class PublicApiTests
{
    private static readonly string[] OfEveryRecord =
        ["<Clone>$", "Equals", "GetHashCode", "ToString", "PrintMembers", "op_Equality", "op_Inequality", "Deconstruct", "get_EqualityContract"];

    [Fact]
    public void The_public_surface_is_the_one_that_was_reviewed() => Golden.Check("Tidy/public-api", SurfaceOf(Assemblies.Runtime));

    [Fact]
    public void The_surface_of_the_test_kit_is_the_one_that_was_reviewed() =>
        Golden.Check("Tidy/public-api.testkit", SurfaceOf(Assemblies.TestKit) + SurfaceOf(Assemblies.TestKitXunit));

    private static string SurfaceOf(ModuleDefinition module)
    {
        var text = new StringBuilder();
        foreach (var type in module.GetTypes().Where(IsVisible).OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').AppendLine(Short(type.FullName));
            foreach (var member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").AppendLine(member);
            }
        }
        return text.ToString();
    }

    private static bool IsVisible(TypeDefinition type) =>
        type.IsPublic || type.IsNestedPublic && IsVisible(type.DeclaringType);

    private static string Kind(TypeDefinition type) =>
        type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct"
        : type.IsAbstract && type.IsSealed ? "static class" : type.IsAbstract ? "abstract class" : type.IsSealed ? "class" : "open class";

    private static IEnumerable<string> Members(TypeDefinition type)
    {
        foreach (var field in type.Fields.Where(f => f.IsPublic && !f.IsSpecialName))
        {
            yield return type.IsEnum ? field.Name : $"{Static(field.IsStatic)}{Short(field.FieldType.FullName)} {field.Name}";
        }
        foreach (var property in type.Properties.Where(p => p.GetMethod?.IsPublic == true && !OfEveryRecord.Contains(p.GetMethod.Name)))
        {
            var set = property.SetMethod is { IsPublic: true } setter ? Short(setter.ReturnType.FullName).Contains("IsExternalInit", StringComparison.Ordinal) ? " init;" : " set;" : "";
            yield return $"{Static(property.GetMethod.IsStatic)}{Short(property.PropertyType.FullName)} {property.Name} {{ get;{set} }}";
        }
        foreach (var method in type.Methods.Where(m => (m.IsPublic || m.IsFamily && !m.IsConstructor && !type.IsSealed) && !m.IsGetter && !m.IsSetter && !OfEveryRecord.Contains(m.Name)))
        {
            var parameters = string.Join(", ", method.Parameters.Select(p => $"{Short(p.ParameterType.FullName)} {p.Name}"));
            yield return method.IsConstructor ? $"new({parameters})"
                : $"{Static(method.IsStatic)}{Short(method.ReturnType.FullName)} {method.Name}({parameters})";
        }
    }

    private static string Static(bool value) => value ? "static " : "";

    /// <summary>Names without the namespaces that every reader knows; a nested type is Outer.Inner.</summary>
    private static string Short(string name) => Known().Replace(name, "").Replace('/', '.');

    [GeneratedRegex(@"\b(System|System\.Collections\.Generic|System\.Collections\.Immutable|System\.Threading|System\.Threading\.Tasks|System\.IO|System\.Runtime\.CompilerServices)\.(?=[A-Z]\w*(?!\w*\.))|`\d+")]
    private static partial Regex Known();
}
