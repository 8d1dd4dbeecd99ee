using Mono.Cecil;

namespace Bolt.Runtime.Tests.Tidy;

/// <summary>What the compiled library refers to.</summary>
internal static class Assemblies
{
    public static ModuleDefinition Runtime { get; } = ModuleDefinition.ReadModule(typeof(BoltOptions).Assembly.Location);

    public static ModuleDefinition TestKit { get; } = ModuleDefinition.ReadModule(typeof(TestKit.BoltStack).Assembly.Location);

    public static ModuleDefinition TestKitXunit { get; } = ModuleDefinition.ReadModule(typeof(TestKit.Xunit.StackFixture).Assembly.Location);

    /// <summary>"Storage" for namespace Bolt.Storage; "" for the roof; null for what the compiler adds.</summary>
    public static string? Room(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }
        return type.Namespace == "Bolt" ? "" : type.Namespace.StartsWith("Bolt.", StringComparison.Ordinal) ? type.Namespace[5..] : null;
    }

    /// <summary>Every type and member that the code and the signatures of a type name.</summary>
    public static IEnumerable<MemberReference> References(TypeDefinition type)
    {
        IEnumerable<MemberReference?> all =
        [
            type.BaseType, .. type.Interfaces.Select(i => i.InterfaceType), .. type.Fields.Select(f => f.FieldType),
            .. type.CustomAttributes.Select(a => a.AttributeType),
            .. type.Methods.SelectMany(m => m.Parameters.Select(p => p.ParameterType).Append(m.ReturnType)),
            .. type.Methods.Where(m => m.HasBody).SelectMany(m => m.Body.Variables.Select(v => v.VariableType)),
            .. type.Methods.Where(m => m.HasBody).SelectMany(m => m.Body.Instructions.Select(i => i.Operand as MemberReference)),
        ];
        return all.OfType<MemberReference>();
    }

    /// <summary>The types that a reference names, generic arguments included.</summary>
    public static IEnumerable<TypeReference> Types(MemberReference member) => member switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Types).Append(generic.ElementType),
        TypeSpecification inner => Types(inner.ElementType),
        TypeReference type => [type],
        GenericInstanceMethod method => method.GenericArguments.SelectMany(Types).Concat(Types(method.ElementMethod)),
        MethodReference method => Types(method.DeclaringType).Concat(Types(method.ReturnType)).Concat(method.Parameters.SelectMany(p => Types(p.ParameterType))),
        FieldReference field => Types(field.DeclaringType).Concat(Types(field.FieldType)),
        _ => [],
    };
}
